using System.Net.Sockets;
using System.Text.Json.Nodes;
using Registry.Tests.Wire;

namespace Registry.Tests.Edge;

/// <summary>S36: who a client says to be counts only where a proxy of Proxies:Trusted says it.</summary>
public sealed class ForwardedHeaderTests
{
    [Theory]
    [InlineData("", "X-Forwarded-For: 203.0.113.9", "127.0.0.1")]
    [InlineData("10.0.0.0/8,::1", "X-Forwarded-For: 203.0.113.9", "127.0.0.1")]
    [InlineData("127.0.0.1", "", "127.0.0.1")]
    [InlineData("127.0.0.1", "X-Forwarded-For: 203.0.113.9", "203.0.113.9")]
    [InlineData("127.9.9.9/8", "X-Forwarded-For: 203.0.113.9:4711", "203.0.113.9")]
    [InlineData("127.0.0.1", "X-Forwarded-For: [2001:db8::1]:4711", "2001:db8::1")]
    [InlineData("127.0.0.1", "X-Forwarded-For: ::ffff:203.0.113.9", "203.0.113.9")]
    [InlineData("127.0.0.1", "X-Forwarded-For: 127.0.0.1, 198.51.100.7, 203.0.113.9", "203.0.113.9")]
    [InlineData("127.0.0.1,10.1.0.0/16", "X-Forwarded-For: 127.0.0.1, 203.0.113.9, 10.1.2.3", "203.0.113.9")]
    [InlineData("127.0.0.1,10.1.0.0/16", "X-Forwarded-For: 127.0.0.1, 203.0.113.9\nX-Forwarded-For: 10.1.2.3", "203.0.113.9")]
    [InlineData("127.0.0.1,10.1.0.0/16", "X-Forwarded-For: 10.1.9.9, 10.1.2.3", "10.1.9.9")]
    [InlineData("127.0.0.1,10.1.0.0/16", "X-Forwarded-For: 203.0.113.9, unknown, 10.1.2.3", "10.1.2.3")]
    [InlineData("127.0.0.1", "X-Forwarded-For: 203.0.113.9, ,", "203.0.113.9")]
    [InlineData("127.0.0.1", "X-Forwarded-For: evil", "127.0.0.1")]
    [InlineData("127.0.0.1", "Forwarded: for=203.0.113.9", "127.0.0.1")]
    [InlineData("127.0.0.1", "X-Real-IP: 203.0.113.9", "127.0.0.1")]
    public async Task S36_The_address_of_a_tag_event_is_told_by_trusted_proxies_only(string trusted, string headers, string expected)
    {
        await using var app = await RegistryApp.StartAsync(Engine.Sqlite, ("Access:Open", "true"), ("Proxies:Trusted", trusted));
        var manifest = Documents.Index().Bytes();

        var pushed = await RawHttp.RequestAsync(
            app.Address, $"PUT /v2/team/app/manifests/v1 HTTP/1.1\nContent-Type: {Oci.IndexType}\nContent-Length: {manifest.Length}\n{headers}", manifest);

        Assert.Equal(201, pushed.Status);
        Assert.Equal(expected, (await Sql.Of(Engine.Sqlite, app).RowsAsync("select address from tag_event")).Single()[0]);
    }

    [Theory]
    [InlineData("", "127.0.0.1")]
    [InlineData("127.0.0.1", "203.0.113.9")]
    public async Task S36_The_access_log_has_the_same_address(string trusted, string expected)
    {
        await using var registry = await RegistryProcess.StartAsync(
            Engine.Sqlite, ("Access:Open", "true"), ("AccessLog:Enabled", "true"), ("Proxies:Trusted", trusted));

        await RawHttp.RequestAsync(registry.Address, "GET /v2/?look HTTP/1.1\nX-Forwarded-For: 203.0.113.9");

        var line = "";
        await Eventually.TrueAsync(
            () => (line = registry.Output.Split('\n').FirstOrDefault(line => line.Contains("?look", StringComparison.Ordinal))) is not null,
            "the request is logged");
        Assert.Equal(expected, (string?)JsonNode.Parse(line!)!["peer"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("127.0.0.1")]
    public async Task S36_A_forwarded_request_is_never_one_of_this_machine(string trusted)
    {
        await using var app = await RegistryApp.StartAsync(Engine.Sqlite, ("Proxies:Trusted", trusted));

        foreach (var header in new[] { "X-Forwarded-For: 127.0.0.1", "X-Forwarded-Host: localhost", "X-Forwarded-Proto: http", "Forwarded: for=127.0.0.1", "X-Real-IP: 127.0.0.1" })
        {
            Assert.Equal(403, (await RawHttp.RequestAsync(app.Address, $"GET /v2/ HTTP/1.1\n{header}")).Status);
        }

        Assert.Equal(200, (await RawHttp.RequestAsync(app.Address, "GET /v2/ HTTP/1.1")).Status);
    }

    [Theory]
    [InlineData("127.0.0.1", "http", 200, null)]
    [InlineData("unix", "http", 403, null)]
    [InlineData("127.0.0.1,unix", "https", 200, "203.0.113.9")]
    public async Task S36_A_proxy_may_come_over_a_Unix_socket_if_that_is_trusted(string trusted, string scheme, int status, string? address)
    {
        using var directory = new TemporaryDirectory();
        var socket = directory.File("proxy.sock");
        await using var app = await RegistryApp.StartAsync(
            Engine.Sqlite, ("urls", $"http://127.0.0.1:{Ports.Next()};http://unix:{socket}"), ("Proxies:Trusted", trusted));
        using var accounts = await Accounts.CreateAsync(app);
        using var proxy = ClientOf(socket);

        var answer = await proxy.SendAsync(
            "GET", "/api/v1/users", ("Authorization", $"{accounts.Administrator.Basic}"), ("X-Forwarded-For", "203.0.113.9"), ("X-Forwarded-Proto", scheme));
        answer.Is(status);
        if (address is not null)
        {
            await proxy.SendAsync(
                "POST", "/api/v1/teams", Http.Sized("""{"name":"crew"}"""u8.ToArray(), "application/json"),
                ("Authorization", $"{accounts.Administrator.Basic}"), ("X-Forwarded-For", "203.0.113.9"), ("X-Forwarded-Proto", scheme));
            var record = await accounts.SendAsync(HttpMethod.Get, "/audit?action=team.create");
            Assert.Equal(address, record.GetProperty("items")[0].GetProperty("address").GetString());
        }
    }

    [Fact]
    public async Task S36_What_comes_over_the_socket_of_the_data_directory_has_no_address_whatever_it_says()
    {
        await using var app = await RegistryApp.StartAsync(Engine.Sqlite, ("Proxies:Trusted", "unix"));
        using var accounts = await Accounts.CreateAsync(app);

        (await accounts.Local.SendAsync(
            "POST", "/api/v1/teams", Http.Sized("""{"name":"crew"}"""u8.ToArray(), "application/json"), ("X-Forwarded-For", "203.0.113.9"))).Is(201);

        var record = await accounts.SendAsync(HttpMethod.Get, "/audit?action=team.create");
        Assert.False(record.GetProperty("items")[0].TryGetProperty("address", out _));
    }

    [Theory]
    [InlineData("10.0.0.0/-1")]
    [InlineData("10.0.0.0/33")]
    [InlineData("everyone")]
    [InlineData("*")]
    public async Task A_malformed_network_stops_the_start(string network)
    {
        var refused = await Assert.ThrowsAsync<Configuration.ConfigurationException>(
            () => RegistryApp.StartAsync(Engine.Sqlite, ("Proxies:Trusted", $"127.0.0.1, {network}")));

        Assert.StartsWith($"Proxies:Trusted is \"{network}\"", refused.Message, StringComparison.Ordinal);
    }

    private static HttpClient ClientOf(string socket) => new(new SocketsHttpHandler
    {
        UseProxy = false,
        ConnectCallback = async (_, cancellationToken) =>
        {
            var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellationToken);
            return new NetworkStream(connection, ownsSocket: true);
        },
    })
    {
        BaseAddress = new Uri("http://registry.example.com/"),
        Timeout = Eventually.Guard,
    };
}
