using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace Registry.Tests.Edge;

/// <summary>A registry with an http and an https address in its urls, and clients that trust one authority.</summary>
internal sealed class TlsRegistry : IAsyncDisposable
{
    private readonly Uri _plain = new($"http://127.0.0.1:{Ports.Next()}/");

    public Uri Address { get; } = new($"https://127.0.0.1:{Ports.Next()}/");

    public RegistryApp App { get; private set; } = null!;

    public HttpClient Plain { get; private set; } = null!;

    public static async Task<TlsRegistry> StartAsync(params (string Key, string Value)[] settings)
    {
        var registry = new TlsRegistry();
        registry.App = await RegistryApp.StartAsync(Engine.Sqlite, [("urls", $"{registry._plain};{registry.Address}"), .. settings]);
        registry.Plain = new HttpClient { BaseAddress = registry._plain, Timeout = Eventually.Guard };
        return registry;
    }

    /// <summary>A client that trusts certificates below <paramref name="authority"/> and no other.</summary>
    public HttpClient Client(Authority authority, Version? version = null) => CreateClient(Address, authority, version);

    public static HttpClient CreateClient(Uri address, Authority authority, Version? version = null, X509Certificate2? certificate = null) => new(new SocketsHttpHandler
    {
        UseProxy = false,
        SslOptions =
        {
            CertificateChainPolicy = Trusting(authority),
            LocalCertificateSelectionCallback = certificate is null ? null : (_, _, _, _, _) => certificate,
        },
    })
    {
        BaseAddress = address,
        Timeout = Eventually.Guard,
        DefaultRequestVersion = version ?? HttpVersion.Version11,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    /// <summary>The certificate that a new connection is given.</summary>
    public static async Task<X509Certificate2> CertificateAsync(Uri address)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port);
        await using var tls = new SslStream(client.GetStream(), leaveInnerStreamOpen: false, (_, certificate, _, _) => certificate is not null);
        await tls.AuthenticateAsClientAsync("localhost").WaitAsync(Eventually.Guard);
        return X509CertificateLoader.LoadCertificate(tls.RemoteCertificate!.GetRawCertData());
    }

    public Task ServesAsync(X509Certificate2 expected) => Eventually.TrueAsync(
        async () =>
        {
            using var served = await CertificateAsync(Address);
            return served.Thumbprint == expected.Thumbprint;
        },
        $"new connections are given {expected.Subject} {expected.Thumbprint}");

    public async ValueTask DisposeAsync()
    {
        Plain.Dispose();
        await App.DisposeAsync();
    }

    private static X509ChainPolicy Trusting(Authority authority) => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        CustomTrustStore = { authority.Certificate },
        RevocationMode = X509RevocationMode.NoCheck,
    };
}
