using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;
using Registry.Configuration;

namespace Registry.Tls;

/// <summary>Reads the name of a user from a certificate. A certificate with two such names names nobody.</summary>
internal static class ClientCertificates
{
    private const string CommonName = "2.5.4.3";
    private const string AlternativeNames = "2.5.29.17";

    // GeneralName of RFC 5280, 4.2.1.6.
    private const int EmailTag = 1;
    private const int UriTag = 6;

    /// <summary>The name, or null when the certificate has none that can be used.</summary>
    public static string? NameOf(X509Certificate2 certificate, ClientName kind)
    {
        try
        {
            var names = kind switch
            {
                ClientName.Email => AlternativeNamesOf(certificate, EmailTag),
                ClientName.Uri => AlternativeNamesOf(certificate, UriTag),
                _ => CommonNamesOf(certificate),
            };
            return names is [{ Length: > 0 } name] && !name.Any(char.IsControl) ? name : null;
        }
        catch (Exception e) when (e is AsnContentException or System.Security.Cryptography.CryptographicException)
        {
            return null;
        }
    }

    private static List<string> CommonNamesOf(X509Certificate2 certificate) =>
    [
        .. certificate.SubjectName.EnumerateRelativeDistinguishedNames()
            .Where(part => !part.HasMultipleElements && part.GetSingleElementType().Value == CommonName)
            .Select(part => part.GetSingleElementValue() ?? string.Empty),
    ];

    private static List<string> AlternativeNamesOf(X509Certificate2 certificate, int tag)
    {
        var names = new List<string>();
        if (certificate.Extensions[AlternativeNames] is not { } extension)
        {
            return names;
        }

        var all = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
        var wanted = new Asn1Tag(TagClass.ContextSpecific, tag);
        while (all.HasData)
        {
            if (all.PeekTag() == wanted)
            {
                names.Add(all.ReadCharacterString(UniversalTagNumber.IA5String, wanted));
            }
            else
            {
                all.ReadEncodedValue();
            }
        }

        return names;
    }
}
