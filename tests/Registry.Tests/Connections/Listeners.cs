using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Registry.Tests.Connections;

/// <summary>A registry that is reached in every way it can listen: plain, with TLS, and HTTP/2 without TLS.</summary>
internal sealed class Listeners : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly X509Certificate2 _certificate = Certificate();
    private readonly Uri _tls = Address("https");
    private readonly Uri _h2c = Address("http");
    private readonly Uri _plain = Address("http");

    public RegistryApp App { get; private set; } = null!;

    public static async Task<Listeners> StartAsync(params (string Key, string Value)[] settings)
    {
        var listeners = new Listeners();
        var file = listeners._directory.File("certificate.pfx");
        await File.WriteAllBytesAsync(file, listeners._certificate.Export(X509ContentType.Pfx));
        listeners.App = await RegistryApp.StartAsync(Engine.Sqlite, [
            ("Kestrel:Endpoints:Plain:Url", $"{listeners._plain}"),
            ("Kestrel:Endpoints:Tls:Url", $"{listeners._tls}"),
            ("Kestrel:Endpoints:Tls:Certificate:Path", file),
            ("Kestrel:Endpoints:H2c:Url", $"{listeners._h2c}"),
            ("Kestrel:Endpoints:H2c:Protocols", "Http2"),
            .. settings,
        ]);
        return listeners;
    }

    /// <summary>A client with small receive buffers, so that the registry soon notices when it stops reading.</summary>
    public HttpClient Client(Listener listener) => new(new OneVersion(listener is Listener.H2c or Listener.TlsHttp2 ? HttpVersion.Version20 : HttpVersion.Version11, new SocketsHttpHandler
    {
        UseProxy = false,
        InitialHttp2StreamWindowSize = 64 << 10,
        SslOptions = { RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate!.GetCertHashString() == _certificate.Thumbprint },
        ConnectCallback = async (context, cancellationToken) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 64 << 10 };
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        },
    }))
    {
        BaseAddress = listener switch { Listener.Plain => _plain, Listener.H2c => _h2c, _ => _tls },
        Timeout = Eventually.Guard,
    };

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        _certificate.Dispose();
        _directory.Dispose();
    }

    private static Uri Address(string scheme) => new($"{scheme}://127.0.0.1:{Ports.Next()}/");

    private static X509Certificate2 Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private sealed class OneVersion(Version version, HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            (request.Version, request.VersionPolicy) = (version, HttpVersionPolicy.RequestVersionExact);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
