using Microsoft.Win32.SafeHandles;
using Registry.Storage;
using Registry.Storage.Objects;

namespace Registry.Configuration;

/// <summary>The data directory, held by one registry at a time.</summary>
internal sealed class DataDirectory : IDisposable
{
    private readonly SafeFileHandle held;

    /// <exception cref="ConfigurationException">The directory cannot be used, or another registry uses it.</exception>
    public DataDirectory(StorageOptions options)
    {
        try
        {
            Directory.CreateDirectory(options.DataDirectory);
            held = File.OpenHandle(Path.Combine(options.DataDirectory, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Settings.Wrong("DataDirectory", options.DataDirectory, $"a directory that can be written ({e.Message})");
        }

        if (!FileLock.TryTake(held))
        {
            held.Dispose();
            throw Settings.Wrong("DataDirectory", options.DataDirectory, "a directory that no other registry is using");
        }
    }

    public void Dispose() => held.Dispose();
}
