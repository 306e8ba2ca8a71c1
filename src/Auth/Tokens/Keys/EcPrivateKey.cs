using System.Security.Cryptography;

namespace Registry.Auth.Tokens.Keys;

internal sealed class EcPrivateKey : PrivateKey
{
    private readonly ECDsa key;

    private EcPrivateKey(ECDsa key, EcPublicKey publicKey)
    {
        this.key = key;
        PublicKey = publicKey;
    }

    public override PublicKey PublicKey { get; }

    public static EcPrivateKey Generate()
    {
        while (true)
        {
            var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var publicKey = EcPublicKey.Of(key)!;
            if (!publicKey.HasLeadingZero)
            {
                return new(key, publicKey);
            }

            key.Dispose();
        }
    }

    public static EcPrivateKey Import(byte[] exported)
    {
        var key = ECDsa.Create();
        key.ImportPkcs8PrivateKey(exported, out _);
        return new(key, EcPublicKey.Of(key) ?? throw new CryptographicException("the key is not on P-256"));
    }

    public override byte[] Sign(ReadOnlySpan<byte> content) => key.SignData(content, HashAlgorithmName.SHA256);

    public override byte[] Export() => key.ExportPkcs8PrivateKey();
}
