using System.Buffers.Text;
using System.Security.Cryptography;

namespace Registry.Auth.Tokens.Keys;

/// <summary>A point of P-256.</summary>
internal sealed class EcPublicKey : PublicKey
{
    private const int CoordinateLength = 32;

    // OpenSSL's key is only read by a verification, so that one serves all threads.
    private readonly ECDsa key;
    private readonly ECPoint point;

    private EcPublicKey(ECDsa key, ECPoint point)
    {
        this.key = key;
        this.point = point;
        SubjectPublicKeyInfo = key.ExportSubjectPublicKeyInfo();
    }

    public override TokenAlgorithm Algorithm => TokenAlgorithm.ES256;

    public override byte[] SubjectPublicKeyInfo { get; }

    public override IReadOnlyList<KeyValuePair<string, string>> Members => MembersOf(point.X!, point.Y!);

    /// <summary>Whether a coordinate begins with a zero byte: Distribution 3 computes another thumbprint of such a key.</summary>
    public bool HasLeadingZero => point.X![0] == 0 || point.Y![0] == 0;

    /// <summary>The thumbprint as Distribution 3 computes it: coordinates without leading zeros.</summary>
    public string UnpaddedThumbprint => ThumbprintOf(MembersOf(point.X.AsSpan().TrimStart((byte)0), point.Y.AsSpan().TrimStart((byte)0)));

    /// <summary>Null when the coordinates are no point of the curve.</summary>
    public static EcPublicKey? FromPoint(byte[] x, byte[] y)
    {
        if (x.Length != CoordinateLength || y.Length != CoordinateLength)
        {
            return null;
        }

        try
        {
            var point = new ECPoint { X = x, Y = y };
            return new(ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = point }), point);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    public static EcPublicKey? FromSubjectPublicKeyInfo(ReadOnlySpan<byte> der)
    {
        using var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(der, out _);
        return Of(key);
    }

    /// <summary>The public half of a key; null when it is not on P-256.</summary>
    public static EcPublicKey? Of(ECDsa key)
    {
        var parameters = key.ExportParameters(includePrivateParameters: false);
        return parameters.Curve.IsNamed && parameters.Curve.Oid.Value == ECCurve.NamedCurves.nistP256.Oid.Value
            ? FromPoint(parameters.Q.X!, parameters.Q.Y!)
            : null;
    }

    public override bool Verifies(ReadOnlySpan<byte> content, ReadOnlySpan<byte> signature) =>
        signature.Length == 2 * CoordinateLength && key.VerifyData(content, signature, HashAlgorithmName.SHA256);

    private static KeyValuePair<string, string>[] MembersOf(ReadOnlySpan<byte> x, ReadOnlySpan<byte> y) =>
        [new("crv", "P-256"), new("kty", "EC"), new("x", Base64Url.EncodeToString(x)), new("y", Base64Url.EncodeToString(y))];
}
