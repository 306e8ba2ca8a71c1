using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Registry.Auth.Tokens.Keys;
using PublicKey = Registry.Auth.Tokens.Keys.PublicKey;

namespace Registry.Auth.Tokens.Trusted;

/// <summary>The keys of an external token server as they were read last.</summary>
internal sealed class TrustedKeys
{
    public static readonly TrustedKeys None = new(string.Empty, [], null);

    private readonly string text;
    private readonly FrozenDictionary<string, VerificationKey> byId;
    private readonly CertificateBundle? bundle;

    private TrustedKeys(string text, IEnumerable<KeyValuePair<string, PublicKey>> keys, CertificateBundle? bundle)
    {
        this.text = text;
        this.bundle = bundle;

        // One key may have several ids; of several keys with one id the first counts.
        var known = new Dictionary<PublicKey, VerificationKey>();
        byId = keys.DistinctBy(key => key.Key).ToFrozenDictionary(
            key => key.Key,
            key => known.TryGetValue(key.Value, out var same) ? same : known[key.Value] = new VerificationKey(key.Value));
    }

    /// <summary>The keys of a JWKS, or of the certificates and public keys of a PEM file.</summary>
    /// <exception cref="FormatException">There is no key that could be used.</exception>
    public static TrustedKeys Parse(string text, TimeProvider time)
    {
        if (text.AsSpan().TrimStart() is ['{', ..])
        {
            return Jwks.Read(text) is { Count: > 0 } keys ? new(text, keys, null) : throw Empty();
        }

        var certificates = new X509Certificate2Collection();
        var ids = new List<KeyValuePair<string, PublicKey>>();
        foreach (var der in ReadPem(text, certificates))
        {
            if (PublicKey.FromSubjectPublicKeyInfo(der) is { } key)
            {
                ids.AddRange(KeyIds.Of(key).Select(id => KeyValuePair.Create(id, key)));
            }
        }

        return ids.Count > 0 || certificates.Count > 0
            ? new(text, ids, certificates.Count > 0 ? new(certificates, time) : null)
            : throw Empty();
    }

    /// <summary>The key that the header of a token names. Its certificates count only where certificates were configured.</summary>
    public VerificationKey? Find(JwtHeader header) =>
        header.Kid is { } kid && byId.TryGetValue(kid, out var key) ? key : bundle?.Find(header.Chain);

    /// <summary>What follows these keys when they were read again: nothing changes where nothing has changed, and what is gone is withdrawn.</summary>
    public TrustedKeys Become(TrustedKeys next)
    {
        if (next.text == text)
        {
            return this;
        }

        foreach (var key in byId.Values)
        {
            key.Withdraw();
        }

        bundle?.Withdraw();
        return next;
    }

    // The SubjectPublicKeyInfos of all keys and certificates.
    private static List<byte[]> ReadPem(string text, X509Certificate2Collection certificates)
    {
        var keys = new List<byte[]>();
        for (var rest = text.AsSpan(); PemEncoding.TryFind(rest, out var found); rest = rest[found.Location.End..])
        {
            var der = Convert.FromBase64String(rest[found.Base64Data].ToString());
            switch (rest[found.Label])
            {
                case "CERTIFICATE":
                    var certificate = Load(der);
                    certificates.Add(certificate);
                    keys.Add(certificate.PublicKey.ExportSubjectPublicKeyInfo());
                    break;
                case "PUBLIC KEY":
                    keys.Add(der);
                    break;
                default:
                    throw new FormatException($"it holds a {rest[found.Label]}; certificates and public keys are expected");
            }
        }

        return keys;
    }

    private static X509Certificate2 Load(byte[] der)
    {
        try
        {
            return X509CertificateLoader.LoadCertificate(der);
        }
        catch (CryptographicException e)
        {
            throw new FormatException($"it holds a certificate that cannot be read: {e.Message}", e);
        }
    }

    private static FormatException Empty() =>
        new("it holds no key that can be used: P-256, RSA of 2048 to 8192 bits, or Ed25519");
}
