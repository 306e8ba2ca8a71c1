using Registry.Tests.Edge;

namespace Registry.Tests.Access;

/// <summary>A registry over TLS, and for each caller of the matrix that can have one a client with a certificate of its name.</summary>
internal sealed class CertificateRegistry : IAsyncDisposable
{
    private readonly Authority _authority;
    private readonly TlsFolder _files;
    private readonly TlsRegistry _server;
    private readonly Dictionary<string, HttpClient> _clients;

    private CertificateRegistry(Authority authority, TlsFolder files, TlsRegistry server)
    {
        (_authority, _files, _server) = (authority, files, server);
        _clients = MatrixTable.Callers.Where(MatrixCallers.HasCertificate).ToDictionary(
            caller => caller, caller => TlsRegistry.CreateClient(server.Address, authority, certificate: authority.Client($"CN={caller}")));
        Tenants = new Tenants(server.App, server.Plain);
    }

    public RegistryApp App => _server.App;

    public Tenants Tenants { get; }

    public static async Task<CertificateRegistry> StartAsync()
    {
        var authority = Authority.Create("Clients");
        var files = new TlsFolder(authority.Server());
        File.WriteAllText(files.Authorities, authority.Pem);
        return new(authority, files, await TlsRegistry.StartAsync([.. files.Settings, ("Tls:ClientAuthorities", files.Authorities), ManagementTargets.Upstream.Setting]));
    }

    public static string[] SchemesOf(string caller) => MatrixCallers.HasCertificate(caller) ? ["certificate"] : [];

    public HttpClient ClientOf(string caller) => _clients[caller];

    public async ValueTask DisposeAsync()
    {
        Assert.All(_clients.Values, client => client.Dispose());
        await _server.DisposeAsync();
        _files.Dispose();
        _authority.Dispose();
    }
}
