using Registry.Storage.Objects;

namespace Registry.Auth.Tokens.Protection;

/// <summary>The file of the master key. All replicas have the same.</summary>
public static class MasterKeyFile
{
    private const int MaxLength = 1024;

    /// <summary>The key of the file; null when there is no file.</summary>
    /// <exception cref="MasterKeyException">The file cannot be read, or holds no key.</exception>
    public static MasterKey? Read(string path)
    {
        try
        {
            if (!File.Exists(path))
            {
                return null;
            }

            var text = new FileInfo(path).Length <= MaxLength ? File.ReadAllText(path) : string.Empty;
            return MasterKey.Parse(text) ?? throw new MasterKeyException($"{path} holds no master key: 32 bytes in base64 are expected");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new MasterKeyException($"the master key cannot be read from {path}: {e.Message}", e);
        }
    }

    /// <summary>Makes a key and its file; the key of another replica that was faster.</summary>
    /// <exception cref="MasterKeyException">The file cannot be written.</exception>
    public static MasterKey Create(string path)
    {
        try
        {
            PrivateFile.TryCreate(path, MasterKey.Generate().ToFileText());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new MasterKeyException($"the master key cannot be written to {path}: {e.Message}", e);
        }

        return Read(path) ?? throw new MasterKeyException($"{path} has vanished");
    }
}
