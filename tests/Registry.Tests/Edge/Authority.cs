using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Registry.Tests.Edge;

/// <summary>A certificate authority of the test's own.</summary>
internal sealed class Authority : IDisposable
{
    public const string ServerUse = "1.3.6.1.5.5.7.3.1";
    public const string ClientUse = "1.3.6.1.5.5.7.3.2";

    private static readonly DateTimeOffset Start = DateTimeOffset.UtcNow.AddDays(-2);
    private static readonly DateTimeOffset End = DateTimeOffset.UtcNow.AddDays(2);

    private Authority(X509Certificate2 certificate) => Certificate = certificate;

    public X509Certificate2 Certificate { get; }

    public string Pem => Certificate.ExportCertificatePem();

    public static Authority Create(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new(RequestOf(name, key).CreateSelfSigned(Start, End));
    }

    /// <summary>An authority below this one.</summary>
    public Authority CreateBelow(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var signed = RequestOf(name, key).Create(Certificate, Start, End, RandomNumberGenerator.GetBytes(16));
        return new(signed.CopyWithPrivateKey(key));
    }

    public X509Certificate2 Server(string name = "localhost") => Issue($"CN={name}", ServerUse, End);

    public X509Certificate2 Client(string subject, string? use = ClientUse, bool expired = false, string[]? emails = null, string[]? uris = null) =>
        Issue(subject, use, expired ? DateTimeOffset.UtcNow.AddDays(-1) : End, emails ?? [], uris ?? []);

    public void Dispose() => Certificate.Dispose();

    /// <summary>A chain in PEM, the certificate of the server or client first.</summary>
    public static string PemOf(params X509Certificate2[] chain) => string.Concat(chain.Select(certificate => certificate.ExportCertificatePem() + "\n"));

    public static string KeyPemOf(X509Certificate2 certificate) => certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem();

    private X509Certificate2 Issue(string subject, string? use, DateTimeOffset until, string[]? emails = null, string[]? uris = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        Array.ForEach(emails ?? [], names.AddEmailAddress);
        Array.ForEach(uris ?? [], uri => names.AddUri(new Uri(uri)));
        request.CertificateExtensions.Add(names.Build());
        if (use is not null)
        {
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(use)], critical: false));
        }

        using var signed = request.Create(Certificate, Start, until, RandomNumberGenerator.GetBytes(16));
        using var whole = signed.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pfx), null, X509KeyStorageFlags.Exportable);
    }

    private static CertificateRequest RequestOf(string name, ECDsa key)
    {
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        return request;
    }
}
