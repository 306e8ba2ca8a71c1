using System.Text;
using Registry.Tests.Wire;

namespace Registry.Tests.Edge;

/// <summary>Credentials do not cross a network in the clear.</summary>
public sealed class PlainHttpTests
{
    private const string Form = "Content-Type: application/x-www-form-urlencoded";

    // "user:password"
    private const string Basic = "Authorization: Basic dXNlcjpwYXNzd29yZA==";

    [Theory]
    [InlineData("GET /v2/", Basic)]
    [InlineData("GET /v2/", "Authorization: Bearer abc")]
    [InlineData("GET /v2/", "authorization: bearer abc")]
    [InlineData("GET /v2/", "Authorization: Basic Og==\nAuthorization: Basic dXNlcjpwYXNzd29yZA==")]
    [InlineData("GET /v2/", "Authorization: secret")]
    [InlineData("PUT /v2/team/app/manifests/v1", Basic)]
    [InlineData("POST /v2/team/app/blobs/uploads/", Basic)]
    [InlineData("GET /anything", Basic)]
    [InlineData("GET /v2/", Basic + "\nX-Forwarded-Proto: https\nX-Forwarded-For: 127.0.0.1")]
    [InlineData("POST /token", Form)]
    [InlineData("POST /token", "Content-Type: multipart/form-data; boundary=x")]
    public async Task They_are_refused_from_another_machine(string request, string headers)
    {
        await using var registry = await Exposed.StartAsync(("Access:Open", "true"));

        var answer = await registry.SendAsync(request, headers);

        Assert.Equal(403, answer.Status);
        Assert.Contains("\"DENIED\"", Encoding.UTF8.GetString(answer.Body), StringComparison.Ordinal);
        Assert.Contains("use https", Encoding.UTF8.GetString(answer.Body), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("X-Nothing: 1")]
    [InlineData("Authorization: Basic Og==")]
    [InlineData("Authorization: basic  Og==")]
    [InlineData("Authorization: Bearer")]
    [InlineData("Authorization:")]
    public async Task Requests_without_a_credential_go_on(string headers)
    {
        await using var registry = await Exposed.StartAsync(("Access:Open", "true"));

        Assert.Equal(200, (await registry.SendAsync("GET /v2/", headers)).Status);
    }

    [Fact]
    public async Task A_body_that_curl_calls_a_form_is_none()
    {
        await using var registry = await Exposed.StartAsync(("Access:Open", "true"));

        Assert.Equal(202, (await registry.SendAsync("POST /v2/team/app/blobs/uploads/", Form)).Status);
    }

    [Theory]
    [InlineData("Access:AllowHttp", "true", "")]
    [InlineData("Proxies:Trusted", "MACHINE", "X-Forwarded-For: 203.0.113.9\nX-Forwarded-Proto: https")]
    [InlineData("Proxies:Trusted", "MACHINE", "X-Forwarded-For: 203.0.113.9\nX-Forwarded-Proto: http, HTTPS")]
    public async Task They_are_welcome_when_the_operator_says_so_or_a_trusted_proxy_has_done_TLS(string key, string value, string headers)
    {
        await using var registry = await Exposed.StartAsync(("Access:Open", "true"), (key, value.Replace("MACHINE", $"{Machine.Address}", StringComparison.Ordinal)));

        Assert.Equal(200, (await registry.SendAsync("GET /v2/", Basic + "\n" + headers)).Status);
    }

    [Theory]
    [InlineData("X-Forwarded-For: 203.0.113.9")]
    [InlineData("X-Forwarded-For: 203.0.113.9\nX-Forwarded-Proto: http")]
    [InlineData("X-Forwarded-For: 203.0.113.9\nX-Forwarded-Proto: https, http")]
    [InlineData("X-Forwarded-For: 203.0.113.9\nX-Forwarded-Proto: httpsx")]
    [InlineData("X-Forwarded-For: 127.0.0.1")]
    public async Task A_trusted_proxy_without_TLS_changes_nothing(string headers)
    {
        await using var registry = await Exposed.StartAsync(("Access:Open", "true"), ("Proxies:Trusted", $"{Machine.Address}"));

        Assert.Equal(403, (await registry.SendAsync("GET /v2/", Basic + "\n" + headers)).Status);
    }

    [Fact]
    public async Task A_proxy_on_the_same_machine_has_to_tell_of_TLS_when_it_is_trusted()
    {
        await using var registry = await RegistryApp.StartAsync(Engine.Sqlite, ("Access:Open", "true"), ("Proxies:Trusted", "127.0.0.1"));

        Assert.Equal(403, (await RawHttp.RequestAsync(registry.Address, $"GET /v2/ HTTP/1.1\n{Basic}\nX-Forwarded-For: 203.0.113.9")).Status);
        Assert.Equal(200, (await RawHttp.RequestAsync(registry.Address, $"GET /v2/ HTTP/1.1\n{Basic}\nX-Forwarded-For: 203.0.113.9\nX-Forwarded-Proto: https")).Status);
    }

    [Fact]
    public async Task On_the_same_machine_nobody_can_listen()
    {
        await using var app = await RegistryApp.StartAsync();

        Assert.Equal(200, (await RawHttp.RequestAsync(app.Address, $"GET /v2/ HTTP/1.1\n{Basic}")).Status);
    }

    [Fact]
    public async Task TLS_of_our_own_is_welcome()
    {
        using var authority = Authority.Create("Root");
        using var certificate = authority.Server($"{Machine.Address}");
        using var folder = new TlsFolder(certificate);
        var url = Machine.NextUrl("https");
        await using var app = await RegistryApp.StartAsync(Engine.Sqlite, [("urls", $"{url}"), ("Access:Open", "true"), .. folder.Settings]);
        using var http = new HttpClient(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null } }) { BaseAddress = url };

        (await http.SendAsync("GET", "/v2/", ("Authorization", "Basic dXNlcjpwYXNzd29yZA=="))).Is(200);
    }

    /// <summary>A registry that is asked by way of the network.</summary>
    private sealed class Exposed(RegistryApp app, Uri url) : IAsyncDisposable
    {
        public static async Task<Exposed> StartAsync(params (string Key, string Value)[] settings)
        {
            var url = Machine.NextUrl();
            return new(await RegistryApp.StartAsync(Engine.Sqlite, [("urls", $"{url}"), .. settings]), url);
        }

        public Task<RawResponse> SendAsync(string request, string headers) => RawHttp.RequestAsync(
            url, $"{request} HTTP/1.1\n{headers}\n{(request.StartsWith("GET", StringComparison.Ordinal) ? "" : "Content-Length: 0")}");

        public ValueTask DisposeAsync() => app.DisposeAsync();
    }
}
