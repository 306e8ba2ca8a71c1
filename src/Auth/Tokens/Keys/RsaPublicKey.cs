using System.Buffers.Text;
using System.Security.Cryptography;

namespace Registry.Auth.Tokens.Keys;

/// <summary>An RSA key of 2048 to 8192 bits.</summary>
internal sealed class RsaPublicKey : PublicKey
{
    private const int LeastBits = 2048;
    private const int MostBits = 8192;
    private const int LongestExponent = 4;

    private readonly RSA key;
    private readonly RSAParameters parameters;

    private RsaPublicKey(RSA key, RSAParameters parameters)
    {
        this.key = key;
        this.parameters = parameters;
        SubjectPublicKeyInfo = key.ExportSubjectPublicKeyInfo();
    }

    public override TokenAlgorithm Algorithm => TokenAlgorithm.RS256;

    public override byte[] SubjectPublicKeyInfo { get; }

    public override IReadOnlyList<KeyValuePair<string, string>> Members =>
        [new("e", Base64Url.EncodeToString(parameters.Exponent)), new("kty", "RSA"), new("n", Base64Url.EncodeToString(parameters.Modulus))];

    /// <summary>Null when the key is too short to be safe, or so long that checking a signature would be an attack.</summary>
    public static RsaPublicKey? FromParameters(byte[] modulus, byte[] exponent)
    {
        if (modulus.Length > MostBits / 8 || exponent.Length is 0 or > LongestExponent)
        {
            return null;
        }

        RSA? key = null;
        try
        {
            key = RSA.Create(new RSAParameters { Modulus = modulus, Exponent = exponent });
            var parameters = key.ExportParameters(includePrivateParameters: false);
            return key.KeySize >= LeastBits ? new(key, parameters) : null;
        }
        catch (CryptographicException)
        {
            key?.Dispose();
            return null;
        }
    }

    public static RsaPublicKey? FromSubjectPublicKeyInfo(ReadOnlySpan<byte> der)
    {
        using var key = RSA.Create();
        key.ImportSubjectPublicKeyInfo(der, out _);
        return Of(key);
    }

    /// <summary>The public half of a key.</summary>
    public static RsaPublicKey? Of(RSA key)
    {
        var parameters = key.ExportParameters(includePrivateParameters: false);
        return FromParameters(parameters.Modulus!, parameters.Exponent!);
    }

    public override bool Verifies(ReadOnlySpan<byte> content, ReadOnlySpan<byte> signature) =>
        key.VerifyData(content, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
}
