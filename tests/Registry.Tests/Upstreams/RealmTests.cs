using System.Net;
using Registry.Upstreams;

namespace Registry.Tests.Upstreams;

/// <summary>Who is given the credentials of an upstream.</summary>
public sealed class RealmTests
{
    [Theory]
    [InlineData("https://registry-1.docker.io", "https://auth.docker.io/token", true)]
    [InlineData("https://quay.io", "https://quay.io/v2/auth", true)]
    [InlineData("https://registry.gitlab.com", "https://gitlab.com/jwt/auth", true)]
    [InlineData("https://harbor.corp.example.co.uk", "https://login.example.co.uk/token", true)]
    [InlineData("https://registry.example.com:5000", "https://registry.example.com:5001/token", true)]
    [InlineData("https://Registry.Example.com", "https://registry.example.com/token", true)]
    [InlineData("http://registry.example.com", "http://auth.example.com/token", true)]
    [InlineData("http://10.0.0.1:5000", "http://10.0.0.1:5001/token", true)]
    [InlineData("https://registry.example.com", "https://listed.invalid/token", true)]
    [InlineData("https://registry.example.com", "https://with-port.invalid:8443/token", true)]
    [InlineData("https://registry.example.com", "https://with-port.invalid/token", false)]
    [InlineData("https://registry-1.docker.io", "https://auth.docker.io.evil.com/token", false)]
    [InlineData("https://registry-1.docker.io", "https://evildocker.io/token", false)]
    [InlineData("https://registry-1.docker.io", "https://evil.io/token", false)]
    [InlineData("https://registry.example.co.uk", "https://evil.co.uk/token", false)]
    [InlineData("https://registry.co.uk", "https://evil.co.uk/token", false)]
    [InlineData("https://mine.azurecr.io", "https://evil.azurecr.io/oauth2/token", false)]
    [InlineData("https://10.0.0.1", "https://11.0.0.1/token", false)]
    [InlineData("https://[2001:db8::1]", "https://[2001:db8::2]/token", false)]
    [InlineData("http://localhost:5000", "http://evil.localhost/token", false)]
    [InlineData("http://localhost:5000", "http://127.0.0.1:5000/token", false)]
    [InlineData("https://com", "https://evil.com/token", false)]
    public void S52_only_its_own_token_server_and_listed_ones_are_trusted(string upstream, string realm, bool trusted) => Assert.Equal(
        trusted,
        TokenRealm.Of(realm, new UpstreamOptions { Alias = "a", Address = new Uri(upstream), Realms = ["listed.invalid", "with-port.invalid:8443"] }).IsTrusted);

    [Theory]
    [InlineData("http://auth.example.com/token")]
    [InlineData("https://user:password@registry.example.com/token")]
    [InlineData("https://registry.example.com@evil.com/token")]
    [InlineData("https://registry.example.com/token#fragment")]
    [InlineData("ftp://registry.example.com/token")]
    [InlineData("file:///etc/passwd")]
    [InlineData("/token")]
    [InlineData("")]
    public void S52_some_realms_are_not_asked_at_all(string realm) => Assert.Throws<UpstreamException>(
        () => TokenRealm.Of(realm, new UpstreamOptions { Alias = "a", Address = new Uri("https://registry.example.com") }));

    [Fact]
    public async Task S52_a_foreign_realm_sees_no_credentials_and_its_refusal_does_not_mean_that_there_is_nothing()
    {
        await using var bench = await StartAsync();
        var attacker = await bench.StartAnotherAsync();
        bench.Upstream.Tokens.Challenges = [$"Bearer realm=\"http://localhost:{attacker.Address.Port}/token\""];

        var answer = await bench.GetAsync("manifests/v1");

        Assert.Equal(UpstreamOutcome.Unavailable, answer.Outcome);
        Assert.NotEmpty(attacker.Requests); // asked as nobody, which Networks allows
        Assert.All(attacker.Requests, request => Assert.DoesNotContain(request.Headers, header => Has(header.Value, "secret of anna")));
        Assert.Single(bench.Log.Lines, line => line.Contains("Upstreams:hostile:Realms", StringComparison.Ordinal));
    }

    [Fact]
    public async Task S52_a_realm_that_redirects_takes_no_credentials_along()
    {
        await using var bench = await StartAsync();
        var attacker = await bench.StartAnotherAsync();
        bench.Upstream.Tokens.Demand(bench.Upstream.Address);
        bench.Upstream.Faults.Answer("/token", HttpStatusCode.TemporaryRedirect, ("Location", $"{attacker.Address}token"));

        Assert.Equal(UpstreamOutcome.Unavailable, await bench.OutcomeAsync());
        Assert.Empty(attacker.Requests);
    }

    [Fact]
    public async Task S52_a_realm_with_a_name_in_it_is_not_asked()
    {
        await using var bench = await StartAsync();
        bench.Upstream.Tokens.Challenges = [$"Bearer realm=\"http://me:you@127.0.0.1:{bench.Upstream.Address.Port}/token\""];

        Assert.Equal(UpstreamOutcome.Unavailable, await bench.OutcomeAsync());
        Assert.Empty(bench.Upstream.RequestsFor("/token"));
    }

    [Fact]
    public async Task Its_own_realm_is_given_the_credentials_and_the_upstream_only_the_token()
    {
        await using var bench = await StartAsync();
        bench.Upstream.Tokens.Users["anna"] = "secret of anna";
        bench.Upstream.Tokens.Anonymous = false;
        bench.Upstream.Tokens.Demand(bench.Upstream.Address);

        Assert.Equal(UpstreamOutcome.Found, await bench.OutcomeAsync());
        Assert.Equal(UpstreamBench.BasicOf("anna"), Assert.Single(bench.Upstream.RequestsFor("/token")).Authorization);
        Assert.Equal([null, "Bearer token-1"], bench.Upstream.RequestsFor("/manifests/").Select(request => request.Authorization));
    }

    private static Task<UpstreamBench> StartAsync() => UpstreamBench.StartAsync(options => options with
    {
        Credentials = [UpstreamBench.Credential("anna")],
        Networks = [IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("::1/128")],
    });

    private static bool Has(string header, string secret) =>
        header.Contains(secret, StringComparison.Ordinal) || header.Contains(UpstreamBench.BasicOf("anna")[6..], StringComparison.Ordinal);
}
