using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Registry.Configuration;
using Registry.Tests.Wire;
using Registry.Tls;

namespace Registry.Tests.Edge;

/// <summary>Tls:ClientAuthorities: a client certificate is welcome, verified against them alone, and says who the client is.</summary>
public sealed class ClientCertificateTests
{
    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task A_certificate_of_an_authority_names_its_connection(string version)
    {
        await using var server = await Server.StartAsync();
        using var certificate = server.Authority.Client("CN=alice, O=Example");
        var expected = $"alice {certificate.GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant()}";

        for (var connection = 0; connection < 3; connection++)
        {
            using var http = server.Client(certificate, Version.Parse(version));
            Assert.Equal(expected, (await http.SendAsync("GET", "/")).Is(200).Text);
            Assert.Equal(expected, (await http.SendAsync("GET", "/")).Is(200).Text);
        }
    }

    [Fact]
    public async Task Without_a_certificate_everything_goes_on_without_a_name()
    {
        await using var server = await Server.StartAsync();
        using var http = server.Client(null);

        Assert.Equal("nobody", (await http.SendAsync("GET", "/")).Is(200).Text);
    }

    [Theory]
    [InlineData("foreign")]
    [InlineData("foreign with the name of the authority")]
    [InlineData("expired")]
    [InlineData("for servers")]
    [InlineData("self-signed")]
    public async Task A_certificate_that_does_not_pass_ends_the_handshake(string kind)
    {
        await using var server = await Server.StartAsync();
        using var foreign = Authority.Create(kind == "foreign" ? "Foreign" : "Clients");
        using var certificate = kind switch
        {
            "expired" => server.Authority.Client("CN=alice", expired: true),
            "for servers" => server.Authority.Client("CN=alice", Authority.ServerUse),
            "self-signed" => foreign.Certificate,
            _ => foreign.Client("CN=alice"),
        };
        using var http = server.Client(certificate);

        await Assert.ThrowsAsync<HttpRequestException>(() => http.SendAsync("GET", "/"));

        Assert.Equal(0, server.Requests);
    }

    [Fact]
    public async Task A_certificate_without_limits_on_its_use_passes()
    {
        await using var server = await Server.StartAsync();
        using var certificate = server.Authority.Client("CN=bob", use: null);
        using var http = server.Client(certificate);

        Assert.StartsWith("bob ", (await http.SendAsync("GET", "/")).Is(200).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_authority_below_a_root_of_the_bundle_passes_when_the_bundle_has_it()
    {
        using var root = Authority.Create("Clients root");
        using var between = root.CreateBelow("Clients between");
        await using var server = await Server.StartAsync(root, between);
        using var certificate = between.Client("CN=carol");
        using var http = server.Client(certificate);

        Assert.StartsWith("carol ", (await http.SendAsync("GET", "/")).Is(200).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_new_bundle_holds_for_new_connections()
    {
        await using var server = await Server.StartAsync();
        using var next = Authority.Create("Next clients");
        using var certificate = next.Client("CN=dave");
        using (var http = server.Client(certificate))
        {
            await Assert.ThrowsAsync<HttpRequestException>(() => http.SendAsync("GET", "/"));
        }

        server.Trust(next);

        await Eventually.TrueAsync(
            async () =>
            {
                using var http = server.Client(certificate);
                try
                {
                    return (await http.SendAsync("GET", "/")).Is(200).Text.StartsWith("dave ", StringComparison.Ordinal);
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            },
            "certificates of the new authority pass");
    }

    [Theory]
    [InlineData(ClientName.CommonName, "alice")]
    [InlineData(ClientName.Email, "alice@example.com")]
    [InlineData(ClientName.Uri, "spiffe://example.com/alice")]
    public void The_name_is_read_from_where_the_setting_says(ClientName kind, string expected)
    {
        using var authority = Authority.Create("Clients");
        using var certificate = authority.Client("CN=alice, O=Example", emails: ["alice@example.com"], uris: ["spiffe://example.com/alice"]);

        Assert.Equal(expected, ClientCertificates.NameOf(certificate, kind));
    }

    [Theory]
    [InlineData(ClientName.CommonName, "O=Example")]
    [InlineData(ClientName.CommonName, "CN=alice, CN=root")]
    [InlineData(ClientName.CommonName, "CN=alice\u0007")]
    [InlineData(ClientName.Email, "CN=alice")]
    [InlineData(ClientName.Email, "CN=alice", "alice@example.com", "root@example.com")]
    [InlineData(ClientName.Email, "CN=alice, E=alice@example.com")]
    [InlineData(ClientName.Uri, "CN=alice", "alice@example.com")]
    public void Two_names_or_none_name_nobody(ClientName kind, string subject, params string[] emails)
    {
        using var authority = Authority.Create("Clients");
        using var certificate = authority.Client(subject, emails: emails);

        Assert.Null(ClientCertificates.NameOf(certificate, kind));
    }

    /// <summary>The registry's TLS before an endpoint that tells who its connection belongs to.</summary>
    private sealed class Server : IAsyncDisposable
    {
        private readonly Authority _servers = Authority.Create("Servers");
        private readonly Uri _address = new($"https://127.0.0.1:{Ports.Next()}/");
        private readonly X509Certificate2 _certificate;
        private readonly TlsFolder _folder;
        private WebApplication? _application;

        private Server(Authority[] clients)
        {
            Authority = clients[0];
            _certificate = _servers.Server();
            _folder = new TlsFolder(_certificate);
            Trust(clients);
        }

        public Authority Authority { get; }

        public int Requests { get; private set; }

        public static async Task<Server> StartAsync(params Authority[] clients)
        {
            var server = new Server(clients is [] ? [Authority.Create("Clients")] : clients);
            var builder = WebApplication.CreateSlimBuilder([.. server._folder.Settings.Select(setting => $"--{setting.Key}={setting.Value}"), $"--Tls:ClientAuthorities={server._folder.Authorities}"]);
            var options = RegistryOptions.Read(builder.Configuration);
            builder.Logging.ClearProviders();
            builder.Services.AddSingleton(options).AddSingleton(TimeProvider.System).AddSingleton<TlsFiles>();
            builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.UseTls(options.Edge.Tls)).UseUrls(server._address.ToString());
            server._application = builder.Build();
            server._application.Run(http =>
            {
                server.Requests++;
                var identity = ClientCertificateIdentity.Of(http);
                return http.Response.WriteAsync(identity is null ? "nobody" : $"{identity.Name} {identity.Thumbprint}");
            });
            await server._application.StartAsync();
            return server;
        }

        public HttpClient Client(X509Certificate2? certificate, Version? version = null) => TlsRegistry.CreateClient(_address, _servers, version, certificate);

        public void Trust(params Authority[] clients) => File.WriteAllText(_folder.Authorities, string.Concat(clients.Select(authority => authority.Pem + "\n")));

        public async ValueTask DisposeAsync()
        {
            await _application!.DisposeAsync();
            _folder.Dispose();
            _certificate.Dispose();
            _servers.Dispose();
            Authority.Dispose();
        }
    }
}
