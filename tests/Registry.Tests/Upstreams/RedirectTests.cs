using System.Net;
using Registry.Tests.Edge;
using Registry.Upstreams;

namespace Registry.Tests.Upstreams;

/// <summary>Where an upstream sends the registry on to, and what goes along.</summary>
public sealed class RedirectTests
{
    [Theory]
    [InlineData(HttpStatusCode.MovedPermanently)]
    [InlineData(HttpStatusCode.Found)]
    [InlineData(HttpStatusCode.SeeOther)]
    [InlineData(HttpStatusCode.TemporaryRedirect)]
    [InlineData(HttpStatusCode.PermanentRedirect)]
    public async Task S53_another_origin_is_not_shown_the_authorization(HttpStatusCode status)
    {
        await using var bench = await StartAsync();
        var other = await bench.StartAnotherAsync();
        other.Content.Put(UpstreamBench.Repository, bench.Image, "v1");
        bench.Upstream.Tokens.Challenges = ["Basic realm=\"hostile\""];
        bench.Upstream.Tokens.Users["anna"] = "secret of anna";
        Assert.Equal(UpstreamOutcome.Found, await bench.OutcomeAsync());
        bench.RedirectTo($"{other.Address}v2/{UpstreamBench.Repository}/manifests/v1", status);

        var answer = await bench.GetAsync("manifests/v1");

        Assert.Equal((UpstreamOutcome.Found, bench.Image.Digest), (answer.Outcome, answer.Digest?.Text));
        Assert.Equal(UpstreamBench.BasicOf("anna"), bench.Upstream.Requests[^1].Authorization);
        Assert.Null(Assert.Single(other.Requests).Authorization);
    }

    [Fact]
    public async Task S53_a_redirect_back_does_not_bring_the_authorization_back()
    {
        await using var bench = await StartAsync();
        var other = await bench.StartAnotherAsync();
        bench.Upstream.Tokens.Challenges = ["Basic realm=\"hostile\""];
        bench.Upstream.Tokens.Users["anna"] = "secret of anna";
        Assert.Equal(UpstreamOutcome.Found, await bench.OutcomeAsync());
        bench.RedirectTo($"{other.Address}back");
        other.Faults.Answer("/back", HttpStatusCode.Found, ("Location", $"{bench.Upstream.Address}v2/other/manifests/v1"));

        Assert.Equal(UpstreamOutcome.Unavailable, await bench.OutcomeAsync());
        Assert.Null(Assert.Single(bench.Upstream.RequestsFor("/v2/other/")).Authorization);
    }

    [Fact]
    public async Task S53_on_its_own_origin_a_redirect_is_shown_the_authorization()
    {
        await using var bench = await StartAsync();
        bench.Upstream.Content.Put("moved/app", bench.Image, "v1");
        bench.Upstream.Tokens.Challenges = ["Basic realm=\"hostile\""];
        bench.Upstream.Tokens.Users["anna"] = "secret of anna";
        bench.Upstream.Faults.ManifestRedirect = path => path.Contains("/library/", StringComparison.Ordinal) ? "/v2/moved/app/manifests/v1" : null;

        Assert.Equal(UpstreamOutcome.Found, await bench.OutcomeAsync());
        Assert.Equal(UpstreamBench.BasicOf("anna"), Assert.Single(bench.Upstream.RequestsFor("/v2/moved/")).Authorization);
    }

    [Fact]
    public async Task S53_redirects_end()
    {
        await using var bench = await StartAsync();
        bench.RedirectTo($"/v2/{UpstreamBench.Repository}/manifests/v1");

        var answer = await bench.GetAsync("manifests/v1");

        Assert.Equal((UpstreamOutcome.Unavailable, 6), (answer.Outcome, bench.Upstream.Requests.Count));
    }

    [Theory]
    [InlineData("http://user:password@127.0.0.1:{port}/")]
    [InlineData("ftp://127.0.0.1:{port}/")]
    [InlineData("file:///etc/passwd")]
    [InlineData("http://")]
    [InlineData("")]
    public async Task S53_a_redirect_to_nowhere_is_no_answer(string location)
    {
        await using var bench = await StartAsync();
        bench.RedirectTo(location.Replace("{port}", $"{bench.Upstream.Address.Port}", StringComparison.Ordinal));

        Assert.Equal(UpstreamOutcome.Unavailable, await bench.OutcomeAsync());
        Assert.Single(bench.Upstream.Requests.Where(request => request.Path != "/").DistinctBy(request => request.Path));
    }

    [Fact]
    public async Task S53_from_TLS_nothing_leads_to_plain_http_and_the_configured_authority_is_trusted()
    {
        using var authority = Authority.Create("upstream authority");
        using var certificate = authority.Server();
        using var folder = new TemporaryDirectory();
        await File.WriteAllTextAsync(folder.File("ca.pem"), authority.Pem);
        await using var bench = await StartAsync();
        await using var secure = await HostileUpstream.StartAsync(certificate);
        secure.Content.Put(UpstreamBench.Repository, bench.Image, "v1");
        var trusting = bench.Connect(secure.Address, options => options with { CertificateAuthority = folder.File("ca.pem"), Networks = [IPNetwork.Parse("127.0.0.0/8")] });
        var strict = bench.Connect(secure.Address, options => options);
        var request = new UpstreamRequest(HttpMethod.Get, UpstreamBench.Repository, "manifests/v1");

        Assert.Equal(UpstreamOutcome.Unavailable, (await bench.AskAsync(request, strict)).Outcome);
        Assert.Empty(secure.Requests);
        Assert.Equal(UpstreamOutcome.Found, (await bench.AskAsync(request, trusting)).Outcome);

        secure.Faults.ManifestRedirect = path => $"{bench.Upstream.Address}{path[1..]}";
        Assert.Equal(UpstreamOutcome.Unavailable, (await bench.AskAsync(request, trusting)).Outcome);
        Assert.Empty(bench.Upstream.Requests);
    }

    [Fact]
    public async Task S53_a_refusal_of_the_storage_behind_does_not_mean_that_there_is_nothing()
    {
        await using var bench = await StartAsync();
        var storage = await bench.StartAnotherAsync();
        bench.Upstream.Faults.BlobRedirect = path => $"{storage.Address}{path[1..]}?signature=expired";
        storage.Faults.Status = HttpStatusCode.Forbidden;
        Assert.Equal(UpstreamOutcome.Unavailable, (await bench.GetAsync($"blobs/{bench.Layer}")).Outcome);

        storage.Faults.Status = HttpStatusCode.NotFound;
        Assert.Equal(UpstreamOutcome.Missing, (await bench.GetAsync($"blobs/{bench.Layer}")).Outcome);
        Assert.Equal(2, bench.Upstream.Requests.Count); // asked again each time: such an address is good for minutes
    }

    [Fact]
    public async Task S53_neither_log_nor_reason_tells_secrets_or_signed_addresses()
    {
        await using var bench = await StartAsync();
        var storage = await bench.StartAnotherAsync();
        bench.Upstream.Tokens.Users["anna"] = "secret of anna";
        bench.Upstream.Tokens.Demand(bench.Upstream.Address);
        bench.Upstream.Faults.BlobRedirect = path => $"{storage.Address}{path[1..]}?signature=verysecret";
        storage.Faults.Answer(_ => true, context =>
        {
            context.Abort();
            return Task.CompletedTask;
        });
        var cut = await bench.GetAsync($"blobs/{bench.Layer}");
        bench.Upstream.Faults.BlobRedirect = _ => "http://10.0.0.1/?signature=verysecret";
        var refused = await bench.GetAsync($"blobs/{bench.Layer}");
        bench.Upstream.Tokens.Users["anna"] = "another";
        bench.Upstream.Tokens.Revoke();
        var stranger = await bench.GetAsync($"blobs/{bench.Layer}");

        string[] told = [.. bench.Log.Lines, cut.Why!, refused.Why!, stranger.Why!];
        Assert.All([cut, refused, stranger], answer => Assert.Equal(UpstreamOutcome.Unavailable, answer.Outcome));
        Assert.All(told, text => Assert.DoesNotMatch("verysecret|secret of anna|token-1", text));
        Assert.DoesNotContain(told, text => text.Contains(UpstreamBench.BasicOf("anna")[6..], StringComparison.Ordinal));
    }

    private static Task<UpstreamBench> StartAsync() => UpstreamBench.StartAsync(options => options with
    {
        Credentials = [UpstreamBench.Credential("anna")],
        Networks = [IPNetwork.Parse("127.0.0.0/8")],
    });
}
