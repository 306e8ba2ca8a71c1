using System.Security.Cryptography;
using System.Text;

namespace Registry.Auth.Tokens.Keys;

/// <summary>The ids under which token servers name a key that has no id of its own.</summary>
internal static class KeyIds
{
    private const int FingerprintLength = 30;
    private const string Base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    /// <summary>All styles there are: RFC 7638, as Distribution 3 computes it, and libtrust's.</summary>
    public static IEnumerable<string> Of(PublicKey key)
    {
        yield return key.Thumbprint;
        if (key is EcPublicKey { HasLeadingZero: true } ec)
        {
            yield return ec.UnpaddedThumbprint;
        }

        yield return Fingerprint(key);
    }

    /// <summary>libtrust: the first 240 bits of the SHA-256 of the SubjectPublicKeyInfo in base32, in groups of four.</summary>
    public static string Fingerprint(PublicKey key)
    {
        var bytes = SHA256.HashData(key.SubjectPublicKeyInfo).AsSpan(0, FingerprintLength);
        var text = new StringBuilder();
        for (var i = 0; i < FingerprintLength * 8 / 5; i++)
        {
            if (i > 0 && i % 4 == 0)
            {
                text.Append(':');
            }

            // Five bits may lie across two bytes.
            var bit = i * 5;
            var pair = (bytes[bit / 8] << 8) | (bit / 8 + 1 < FingerprintLength ? bytes[(bit / 8) + 1] : 0);
            text.Append(Base32[(pair >> (11 - (bit % 8))) & 31]);
        }

        return text.ToString();
    }
}
