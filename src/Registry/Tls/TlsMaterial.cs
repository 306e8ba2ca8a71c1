using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Registry.Configuration;

namespace Registry.Tls;

/// <summary>What a handshake needs.</summary>
/// <param name="Certificate">The registry's certificate, and the chain that is sent with it.</param>
/// <param name="Clients">What the certificate of a client has to fulfil; null when none is asked for.</param>
internal sealed record TlsMaterial(SslStreamCertificateContext Certificate, X509ChainPolicy? Clients)
{
    /// <exception cref="ConfigurationException">A file cannot be used.</exception>
    public static TlsMaterial Load(TlsOptions options, IReadOnlyList<TlsFile> files)
    {
        var (certificate, key, authorities) = (files[0], files[1], files[2]);
        var chain = new X509Certificate2Collection();
        var leaf = certificate.IsPem ? ReadPem(certificate, key, options.Password, chain) : ReadPfx(certificate, options.Password, chain);
        if (!Allows(leaf, "1.3.6.1.5.5.7.3.1"))
        {
            throw certificate.Wrong("its extended key usage does not have server authentication");
        }

        var roots = authorities.Path is null ? null : ReadAuthorities(authorities);

        // Clients that have several certificates choose by the names of the authorities. Nothing is fetched from the network.
        var trust = roots is null ? null : SslCertificateTrust.CreateForX509Collection(roots, sendTrustInHandshake: true);
        var context = Try(certificate, () => SslStreamCertificateContext.Create(leaf, chain, offline: true, trust));
        return new(context, roots is null ? null : ClientsOf(roots));
    }

    private static X509Certificate2 ReadPem(TlsFile certificate, TlsFile key, string? password, X509Certificate2Collection chain)
    {
        Try(certificate, () => chain.ImportFromPem(certificate.Text));
        if (chain.Count == 0)
        {
            throw certificate.Wrong("it has no certificate");
        }

        chain.RemoveAt(0);
        var secret = key.Path is null ? certificate : key;
        var text = secret.Text;
        return Try(secret, () => password is not null && text.Contains("ENCRYPTED PRIVATE KEY", StringComparison.Ordinal)
            ? X509Certificate2.CreateFromEncryptedPem(certificate.Text, text, password)
            : X509Certificate2.CreateFromPem(certificate.Text, text));
    }

    private static X509Certificate2 ReadPfx(TlsFile file, string? password, X509Certificate2Collection chain)
    {
        chain.AddRange(Try(file, () => X509CertificateLoader.LoadPkcs12Collection(file.Bytes, password)));
        var leaf = chain.FirstOrDefault(certificate => certificate.HasPrivateKey) ?? throw file.Wrong("it has no private key");
        chain.Remove(leaf);
        return leaf;
    }

    private static X509Certificate2Collection ReadAuthorities(TlsFile file)
    {
        var roots = new X509Certificate2Collection();
        Try(file, () => roots.ImportFromPem(file.Text));
        return roots.Any(root => root.SubjectName.RawData.AsSpan().SequenceEqual(root.IssuerName.RawData))
            ? roots
            : throw file.Wrong("it has no root");
    }

    private static X509ChainPolicy ClientsOf(X509Certificate2Collection roots)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true, // a certificate must not make the registry call the address in it
        };
        policy.CustomTrustStore.AddRange(roots);
        policy.ApplicationPolicy.Add(new Oid("1.3.6.1.5.5.7.3.2")); // client authentication, where a certificate limits its use
        return policy;
    }

    private static bool Allows(X509Certificate2 certificate, string usage) =>
        certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().FirstOrDefault() is not { } extension
        || extension.EnhancedKeyUsages.Cast<Oid>().Any(oid => oid.Value == usage || oid.Value == "2.5.29.37.0");

    private static T Try<T>(TlsFile file, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw file.Wrong(e.Message);
        }
    }

    private static void Try(TlsFile file, Action read) => Try(file, () =>
    {
        read();
        return true;
    });
}
