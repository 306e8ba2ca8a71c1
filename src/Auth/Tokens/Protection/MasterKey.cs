using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Registry.Auth.Tokens.Protection;

/// <summary>
/// The key that is not in the database, and that opens what is: whoever has only a copy of the database can do nothing with
/// the keys in it. It shows nothing of itself as text.
/// </summary>
public sealed class MasterKey
{
    private const int Length = 32;
    private const int NonceLength = 12;
    private const int TagLength = 16;
    private const int IdLength = 8;

    private readonly byte[] key;

    private MasterKey(byte[] key)
    {
        this.key = key;
        Id = Convert.ToHexStringLower(SHA256.HashData([.. "registry master key"u8, .. key]).AsSpan(0, IdLength));
    }

    /// <summary>Names the key, and says nothing about it.</summary>
    public string Id { get; }

    /// <summary>A new key.</summary>
    public static MasterKey Generate() => new(RandomNumberGenerator.GetBytes(Length));

    /// <summary>The key of a file: 32 bytes in base64. Null when it is none.</summary>
    public static MasterKey? Parse(string text)
    {
        Span<byte> bytes = stackalloc byte[Length + 1];
        return Convert.TryFromBase64String(text.Trim(), bytes, out var length) && length == Length ? new(bytes[..Length].ToArray()) : null;
    }

    /// <summary>The text of its file.</summary>
    public string ToFileText() => $"{Convert.ToBase64String(key)}\n";

    /// <summary>Encrypts what nobody but the purpose's reader may take for its own.</summary>
    public byte[] Seal(string purpose, string name, ReadOnlySpan<byte> content)
    {
        var sealedBytes = new byte[NonceLength + content.Length + TagLength];
        var nonce = sealedBytes.AsSpan(0, NonceLength);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(key, TagLength);
        aes.Encrypt(nonce, content, sealedBytes.AsSpan(NonceLength, content.Length), sealedBytes.AsSpan(^TagLength), Binding(purpose, name));
        return sealedBytes;
    }

    /// <summary>The content of what was sealed for this purpose and name.</summary>
    /// <exception cref="CryptographicException">It was changed, moved, or sealed with another key.</exception>
    public byte[] Open(string purpose, string name, ReadOnlySpan<byte> sealedBytes)
    {
        if (sealedBytes.Length < NonceLength + TagLength)
        {
            throw new CryptographicException("it is too short");
        }

        var content = new byte[sealedBytes.Length - NonceLength - TagLength];
        using var aes = new AesGcm(key, TagLength);
        aes.Decrypt(sealedBytes[..NonceLength], sealedBytes[NonceLength..^TagLength], sealedBytes[^TagLength..], content, Binding(purpose, name));
        return content;
    }

    // Each field after its length: no two pairs have the same bytes (Gitea's CVE-2026-58426).
    private static byte[] Binding(string purpose, string name) => [.. Field(purpose), .. Field(name)];

    private static byte[] Field(string text)
    {
        var bytes = new byte[sizeof(int) + Encoding.UTF8.GetByteCount(text)];
        BinaryPrimitives.WriteInt32BigEndian(bytes, bytes.Length - sizeof(int));
        Encoding.UTF8.GetBytes(text, bytes.AsSpan(sizeof(int)));
        return bytes;
    }
}
