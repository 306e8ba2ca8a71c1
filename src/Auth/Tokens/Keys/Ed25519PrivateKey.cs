using System.Security.Cryptography;

namespace Registry.Auth.Tokens.Keys;

internal sealed class Ed25519PrivateKey : PrivateKey
{
    private readonly byte[] key;

    public Ed25519PrivateKey(byte[] key)
    {
        if (!Ed25519.IsAvailable)
        {
            throw new CryptographicException("EdDSA needs libcrypto.so.3 (OpenSSL 3), which is not on this machine");
        }

        this.key = key;
        PublicKey = Ed25519PublicKey.FromBytes(Ed25519.PublicKeyOf(key))!;
    }

    public override PublicKey PublicKey { get; }

    public static Ed25519PrivateKey Generate() => new(RandomNumberGenerator.GetBytes(Ed25519.KeyLength));

    public override byte[] Sign(ReadOnlySpan<byte> content) => Ed25519.Sign(key, content);

    public override byte[] Export() => (byte[])key.Clone();
}
