using System.Security.Cryptography;

namespace Registry.Auth.Tokens.Keys;

internal sealed class RsaPrivateKey : PrivateKey
{
    private const int Bits = 3072;

    private readonly RSA key;

    private RsaPrivateKey(RSA key)
    {
        this.key = key;
        PublicKey = RsaPublicKey.Of(key) ?? throw new CryptographicException("the key is too short");
    }

    public override PublicKey PublicKey { get; }

    public static RsaPrivateKey Generate() => new(RSA.Create(Bits));

    public static RsaPrivateKey Import(byte[] exported)
    {
        var key = RSA.Create();
        key.ImportPkcs8PrivateKey(exported, out _);
        return new(key);
    }

    public override byte[] Sign(ReadOnlySpan<byte> content) => key.SignData(content, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);

    public override byte[] Export() => key.ExportPkcs8PrivateKey();
}
