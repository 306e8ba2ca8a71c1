using System.Security.Cryptography;

namespace Registry.Auth.Tokens.Keys;

/// <summary>A private key. It is safe for use by several threads, and shows nothing of itself as text.</summary>
public abstract class PrivateKey
{
    /// <summary>The half that everyone may know.</summary>
    public abstract PublicKey PublicKey { get; }

    /// <summary>A new key.</summary>
    /// <exception cref="CryptographicException">The algorithm is not available on this machine.</exception>
    public static PrivateKey Generate(TokenAlgorithm algorithm) => algorithm switch
    {
        TokenAlgorithm.ES256 => EcPrivateKey.Generate(),
        TokenAlgorithm.RS256 => RsaPrivateKey.Generate(),
        _ => Ed25519PrivateKey.Generate(),
    };

    /// <summary>A key from its <see cref="Export"/>.</summary>
    /// <exception cref="CryptographicException">It is not such a key.</exception>
    public static PrivateKey Import(TokenAlgorithm algorithm, byte[] exported) => algorithm switch
    {
        TokenAlgorithm.ES256 => EcPrivateKey.Import(exported),
        TokenAlgorithm.RS256 => RsaPrivateKey.Import(exported),
        _ => new Ed25519PrivateKey(exported),
    };

    /// <summary>The signature of the content, as a token carries it.</summary>
    public abstract byte[] Sign(ReadOnlySpan<byte> content);

    /// <summary>The key itself: PKCS #8, of Ed25519 its 32 bytes. To be protected before it is stored.</summary>
    public abstract byte[] Export();
}
