using System.Buffers.Text;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Text;

namespace Registry.Auth.Tokens.Keys;

/// <summary>A public key and the one algorithm it is good for. Safe for use by several threads: it never changes.</summary>
public abstract class PublicKey
{
    private const string EcOid = "1.2.840.10045.2.1";
    private const string RsaOid = "1.2.840.113549.1.1.1";

    /// <summary>The algorithm its signatures are made with.</summary>
    public abstract TokenAlgorithm Algorithm { get; }

    /// <summary>The DER of its SubjectPublicKeyInfo.</summary>
    public abstract byte[] SubjectPublicKeyInfo { get; }

    /// <summary>The required members of its JWK (RFC 7517), in the order of RFC 7638.</summary>
    public abstract IReadOnlyList<KeyValuePair<string, string>> Members { get; }

    /// <summary>RFC 7638: SHA-256 of the canonical JWK, the <c>kid</c> of our keys.</summary>
    public string Thumbprint => ThumbprintOf(Members);

    /// <summary>Whether the signature is this key's.</summary>
    public abstract bool Verifies(ReadOnlySpan<byte> content, ReadOnlySpan<byte> signature);

    /// <summary>The key of a SubjectPublicKeyInfo; null when it is of no kind, or strength, that is used here.</summary>
    public static PublicKey? FromSubjectPublicKeyInfo(ReadOnlyMemory<byte> der)
    {
        try
        {
            var algorithm = new AsnReader(der, AsnEncodingRules.DER).ReadSequence().ReadSequence().ReadObjectIdentifier();
            return algorithm switch
            {
                EcOid => EcPublicKey.FromSubjectPublicKeyInfo(der.Span),
                RsaOid => RsaPublicKey.FromSubjectPublicKeyInfo(der.Span),
                Ed25519.Oid => Ed25519PublicKey.FromSubjectPublicKeyInfo(der.Span),
                _ => null,
            };
        }
        catch (Exception e) when (e is AsnContentException or CryptographicException)
        {
            return null;
        }
    }

    internal static string ThumbprintOf(IEnumerable<KeyValuePair<string, string>> members)
    {
        // All values are base64url or names: nothing needs escaping.
        var json = $"{{{string.Join(',', members.Select(member => $"\"{member.Key}\":\"{member.Value}\""))}}}";
        return Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(json)));
    }
}
