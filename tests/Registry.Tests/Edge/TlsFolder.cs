using System.Security.Cryptography.X509Certificates;

namespace Registry.Tests.Edge;

/// <summary>The files of TLS as an operator keeps them, and the settings that name them.</summary>
internal sealed class TlsFolder : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public TlsFolder(X509Certificate2 certificate, params X509Certificate2[] above) => Write(certificate, above);

    public string Certificate => _directory.File("tls.crt");

    public string Key => _directory.File("tls.key");

    public string Authorities => _directory.File("clients.pem");

    public string Folder => _directory.Path;

    public (string Key, string Value)[] Settings => [("Tls:Certificate", Certificate), ("Tls:Key", Key)];

    /// <summary>In place, as an editor or a copy does.</summary>
    public void Write(X509Certificate2 certificate, params X509Certificate2[] above)
    {
        File.WriteAllText(Certificate, Authority.PemOf([certificate, .. above]));
        File.WriteAllText(Key, Authority.KeyPemOf(certificate));
    }

    public void Dispose() => _directory.Dispose();
}
