using System.Security.Authentication;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Registry.Configuration;

namespace Registry.Tls;

/// <summary>Gives addresses with https the certificate of Tls:Certificate.</summary>
internal static class TlsExtensions
{
    public static void UseTls(this KestrelServerOptions kestrel, TlsOptions options)
    {
        var files = options.Certificate is null ? null : kestrel.ApplicationServices.GetRequiredService<TlsFiles>();
        kestrel.ConfigureHttpsDefaults(https =>
        {
            https.SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13;
            if (files is not null)
            {
                https.UseFiles(files, options);
            }
        });
    }

    private static void UseFiles(this HttpsConnectionAdapterOptions https, TlsFiles files, TlsOptions options)
    {
        var first = files.First.Certificate.TargetCertificate;
        https.ServerCertificate = first;
        if (options.ClientAuthorities is not null)
        {
            // Wanted, not required. One that does not pass ends the handshake: an answer to a stranger would say something else.
            https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
        }

        https.OnAuthenticate = (connection, handshake) =>
        {
            var current = files.Current;
            if (ReferenceEquals(handshake.ServerCertificateContext?.TargetCertificate, first))
            {
                handshake.ServerCertificateContext = current.Certificate; // other endpoints may have certificates of their own
            }

            if (current.Clients is not null)
            {
                handshake.CertificateChainPolicy = current.Clients;
                connection.Features.Set(new ClientCertificateIdentity.Presented(options.ClientName));
            }
        };
    }
}
