using System.Text;
using Registry.Configuration;

namespace Registry.Tls;

/// <summary>A file that a setting names, with what was in it when it was read.</summary>
/// <param name="Setting">The key.</param>
/// <param name="Path">The value; null when it is not set.</param>
/// <param name="Content">Null when there is nothing to read.</param>
/// <param name="Failure">Why a file that is named could not be read.</param>
internal sealed record TlsFile(string Setting, string? Path, byte[]? Content, string? Failure)
{
    public static TlsFile Read(string setting, string? path)
    {
        try
        {
            return new(setting, path, path is null ? null : File.ReadAllBytes(path), null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new(setting, path, null, e.Message);
        }
    }

    public byte[] Bytes => Content ?? throw Wrong(Failure ?? "it is not set");

    public string Text => Encoding.UTF8.GetString(Bytes);

    public bool IsPem => Text.Contains("-----BEGIN ", StringComparison.Ordinal);

    public ConfigurationException Wrong(string why) => Settings.Wrong(Setting, Path ?? string.Empty, Allowed + $" ({why})");

    private string Allowed => Setting switch
    {
        "Tls:Certificate" => "a file with the certificate of a server and those between it and its root, in PEM or PFX",
        "Tls:Key" => "a file with the private key of Tls:Certificate, in PEM",
        _ => "a file with certificates of authorities in PEM, a root among them",
    };
}
