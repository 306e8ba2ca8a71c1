using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http.Features;
using Registry.Configuration;

namespace Registry.Tls;

/// <summary>Who a connection belongs to by its client certificate. The handshake has verified it against Tls:ClientAuthorities.</summary>
/// <param name="Certificate">As it was presented.</param>
/// <param name="Name">What Tls:ClientName finds in it, or null.</param>
/// <param name="Thumbprint">SHA-256 of the certificate, in lower-case hex.</param>
internal sealed record ClientCertificateIdentity(X509Certificate2 Certificate, string? Name, string Thumbprint)
{
    /// <summary>The identity of a request's connection; null without a certificate, or once it is no longer valid.</summary>
    public static ClientCertificateIdentity? Of(HttpContext http) =>
        http.Features.Get<Presented>()?.IdentityOf(http.Features.Get<ITlsConnectionFeature>()?.ClientCertificate) is { } identity
        && identity.Certificate.NotAfter > DateTime.Now
            ? identity
            : null;

    /// <summary>A feature of connections whose certificate was verified by us. Reads it once.</summary>
    internal sealed class Presented(ClientName kind)
    {
        private ClientCertificateIdentity? identity;

        public ClientCertificateIdentity? IdentityOf(X509Certificate2? certificate) =>
            identity ?? (certificate is null ? null : identity = new(
                certificate,
                ClientCertificates.NameOf(certificate, kind),
                Convert.ToHexStringLower(certificate.GetCertHash(HashAlgorithmName.SHA256))));
    }
}
