using System.Net;
using Microsoft.AspNetCore.Http;
using Registry.Upstreams;

namespace Registry.Tests.Upstreams;

/// <summary>Tokens of an upstream's token server.</summary>
public sealed class TokenTests
{
    [Fact]
    public async Task Nothing_but_pulling_from_the_one_repository_is_asked_for()
    {
        await using var bench = await StartAsync();
        bench.Upstream.Tokens.Challenges = [$"Bearer realm=\"{bench.Upstream.Address}token?account=x\",service=\"a b\",scope=\"repository:library/app:pull,push,delete registry:catalog:*\""];

        Assert.Equal(UpstreamOutcome.Found, await bench.OutcomeAsync());
        Assert.Equal("?account=x&service=a%20b&scope=repository%3Alibrary%2Fapp%3Apull", Assert.Single(bench.Upstream.RequestsFor("/token")).Query);
    }

    [Theory]
    [InlineData("token")]
    [InlineData("access_token")]
    public async Task A_token_serves_until_a_tenth_of_its_time_is_left(string member)
    {
        await using var bench = await StartAsync();
        bench.Upstream.Tokens.Member = member;
        Assert.Equal(UpstreamOutcome.Found, await bench.OutcomeAsync());
        bench.Clock.Pass(TimeSpan.FromSeconds(265));
        Assert.Equal(UpstreamOutcome.Found, await bench.OutcomeAsync());
        Assert.Equal(1, bench.Upstream.Tokens.Issued);

        bench.Clock.Pass(TimeSpan.FromSeconds(5));
        Assert.Equal(UpstreamOutcome.Found, await bench.OutcomeAsync());
        Assert.Equal(2, bench.Upstream.Tokens.Issued);
        Assert.Equal([401, 200, 200, 200], bench.Upstream.RequestsFor("/manifests/").Select(request => (int)request.Status));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("0")]
    [InlineData("-5")]
    [InlineData("\"soon\"")]
    [InlineData("null")]
    public async Task A_token_without_a_time_lasts_a_minute(string? expiry)
    {
        await using var bench = await StartAsync();
        bench.Upstream.Tokens.ExpiresIn = expiry;
        await bench.OutcomeAsync();
        bench.Clock.Pass(TimeSpan.FromSeconds(50));
        Assert.Equal(UpstreamOutcome.Found, await bench.OutcomeAsync());
        Assert.Equal(1, bench.Upstream.Tokens.Issued);

        bench.Clock.Pass(TimeSpan.FromSeconds(5));
        Assert.Equal(UpstreamOutcome.Found, await bench.OutcomeAsync());
        Assert.Equal(2, bench.Upstream.Tokens.Issued);
    }

    [Fact]
    public async Task Each_repository_has_a_token_of_its_own()
    {
        await using var bench = await StartAsync();
        bench.Upstream.Content.Put("team/other", bench.Image, "v1");

        Assert.Equal(UpstreamOutcome.Found, await bench.OutcomeAsync());
        Assert.Equal(UpstreamOutcome.Found, (await bench.GetAsync("manifests/v1", "team/other")).Outcome);
        Assert.Equal(2, bench.Upstream.Tokens.Issued);
    }

    [Fact]
    public async Task Many_requests_fetch_one_token_and_who_leaves_does_not_take_it_along()
    {
        await using var bench = await StartAsync();
        var gate = bench.Upstream.Tokens.Gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var leaving = new CancellationTokenSource();
        var request = new UpstreamRequest(HttpMethod.Head, UpstreamBench.Repository, "manifests/v1");

        var first = bench.AskAsync(request, cancellationToken: leaving.Token);
        await Eventually.TrueAsync(() => bench.Upstream.RequestsFor("/token").Count == 1, "the token is asked for");
        var others = Enumerable.Range(0, 12).Select(_ => bench.AskAsync(request)).ToArray();
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        gate.SetResult();

        Assert.All(await Task.WhenAll(others), answer => Assert.Equal(UpstreamOutcome.Found, answer.Outcome));
        Assert.Single(bench.Upstream.RequestsFor("/token"));
    }

    [Fact]
    public async Task A_token_that_is_no_longer_accepted_is_replaced_once()
    {
        await using var bench = await StartAsync();
        await bench.OutcomeAsync();
        bench.Upstream.Tokens.Revoke();
        bench.Upstream.Forget();

        Assert.Equal(UpstreamOutcome.Found, await bench.OutcomeAsync());
        Assert.Equal([401, 200], bench.Upstream.RequestsFor("/manifests/").Select(request => (int)request.Status));
    }

    [Fact]
    public async Task What_is_refused_with_a_good_token_is_missing()
    {
        await using var bench = await StartAsync();
        bench.Upstream.Tokens.Hidden.Add(UpstreamBench.Repository);

        var answer = await bench.GetAsync("manifests/v1");
        Assert.Equal((UpstreamOutcome.Missing, HttpStatusCode.Unauthorized), (answer.Outcome, answer.Status));
        Assert.Equal(2, bench.Upstream.RequestsFor("/manifests/").Count);

        bench.Upstream.Tokens.Hidden.Clear();
        bench.Upstream.Faults.Status = HttpStatusCode.Forbidden;
        Assert.Equal(UpstreamOutcome.Missing, await bench.OutcomeAsync());
    }

    [Theory]
    [InlineData(HttpStatusCode.Unauthorized, UpstreamOutcome.Unavailable)]
    [InlineData(HttpStatusCode.TooManyRequests, UpstreamOutcome.Limited)]
    [InlineData(HttpStatusCode.InternalServerError, UpstreamOutcome.Unavailable)]
    [InlineData(HttpStatusCode.ServiceUnavailable, UpstreamOutcome.Unavailable)]
    [InlineData(HttpStatusCode.NotFound, UpstreamOutcome.Unavailable)]
    [InlineData(HttpStatusCode.NoContent, UpstreamOutcome.Unavailable)]
    [InlineData(HttpStatusCode.Forbidden, UpstreamOutcome.Missing)] // ghcr.io says so to everyone of what is not public
    public async Task A_token_server_that_fails_does_not_mean_that_there_is_nothing(HttpStatusCode status, object outcome)
    {
        await using var bench = await StartAsync();
        bench.Upstream.Tokens.Status = status;

        Assert.Equal(outcome, await bench.OutcomeAsync());
    }

    [Theory]
    [InlineData(HttpStatusCode.Unauthorized)]
    [InlineData(HttpStatusCode.Forbidden)]
    public async Task Credentials_that_a_token_server_does_not_accept_do_not_make_anything_missing(HttpStatusCode status)
    {
        await using var bench = await StartAsync(UpstreamBench.Credential("anna"));
        bench.Upstream.Tokens.Status = status;

        Assert.Equal(UpstreamOutcome.Unavailable, await bench.OutcomeAsync());
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"token\":7}")]
    [InlineData("{\"token\":\"\"}")]
    [InlineData("{\"token\":\"two words\"}")]
    [InlineData("{\"token\":\"a\\r\\nHost: evil\"}")]
    public async Task An_answer_without_a_token_is_a_failure(string body)
    {
        await using var bench = await StartAsync();
        bench.Upstream.Faults.Answer(request => request.Path == "/token", context => context.Response.WriteAsync(body));

        Assert.Equal(UpstreamOutcome.Unavailable, await bench.OutcomeAsync());
    }

    [Fact]
    public async Task An_endless_answer_is_not_read_to_its_end()
    {
        await using var bench = await StartAsync();
        bench.Upstream.Faults.Answer(request => request.Path == "/token", async context =>
        {
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.WriteAsync(new string('x', 1 << 16), context.RequestAborted);
            }
        });

        Assert.Equal(UpstreamOutcome.Unavailable, await bench.OutcomeAsync());
    }

    [Fact]
    public async Task A_failure_is_remembered_for_seconds_only()
    {
        await using var bench = await StartAsync();
        bench.Upstream.Tokens.Status = HttpStatusCode.ServiceUnavailable;
        Assert.Equal(UpstreamOutcome.Unavailable, await bench.OutcomeAsync());
        Assert.Equal(UpstreamOutcome.Unavailable, await bench.OutcomeAsync());
        Assert.Single(bench.Upstream.RequestsFor("/token"));

        bench.Upstream.Tokens.Status = null;
        bench.Clock.Pass(TimeSpan.FromSeconds(6));
        Assert.Equal(UpstreamOutcome.Found, await bench.OutcomeAsync());
    }

    [Fact]
    public async Task An_upstream_that_refuses_without_a_word_is_asked_what_it_wants()
    {
        await using var bench = await StartAsync();
        bench.Upstream.Faults.Answer(
            request => request.Path.StartsWithSegments("/v2/library") && request.Headers.Authorization.Count == 0,
            context =>
            {
                context.Response.StatusCode = StatusCodes.Status401Unauthorized;
                return Task.CompletedTask;
            });

        Assert.Equal(UpstreamOutcome.Found, await bench.OutcomeAsync());
        Assert.Equal(1, bench.Upstream.Tokens.Issued);
    }

    [Fact]
    public async Task Names_and_passwords_are_shown_to_an_upstream_that_wants_them()
    {
        await using var bench = await StartAsync(UpstreamBench.Credential("anna"));
        bench.Upstream.Tokens.Challenges = ["BASIC realm=\"hostile\""];
        bench.Upstream.Tokens.Users["anna"] = "secret of anna";

        Assert.Equal(UpstreamOutcome.Found, await bench.OutcomeAsync());
        Assert.Equal(UpstreamOutcome.Found, await bench.OutcomeAsync());
        Assert.Equal([401, 200, 200], bench.Upstream.Requests.Select(request => (int)request.Status));

        bench.Upstream.Tokens.Users["anna"] = "changed";
        Assert.Equal(UpstreamOutcome.Unavailable, await bench.OutcomeAsync());
    }

    [Fact]
    public async Task An_upstream_that_wants_a_name_and_gets_none_says_nothing_about_what_it_has()
    {
        await using var bench = await StartAsync();
        bench.Upstream.Tokens.Challenges = ["Basic realm=\"hostile\""];

        Assert.Equal(UpstreamOutcome.Unavailable, await bench.OutcomeAsync());
    }

    [Fact]
    public async Task A_password_in_a_file_is_read_when_it_is_needed()
    {
        using var directory = new TemporaryDirectory();
        await File.WriteAllTextAsync(directory.File("password"), "old");
        await using var bench = await StartAsync(new UpstreamCredential("AWS", null, directory.File("password")));
        bench.Upstream.Tokens.Challenges = ["Basic realm=\"hostile\""];
        bench.Upstream.Tokens.Users["AWS"] = "new";
        Assert.Equal(UpstreamOutcome.Unavailable, await bench.OutcomeAsync());

        await File.WriteAllTextAsync(directory.File("password"), "new\n");
        Assert.Equal(UpstreamOutcome.Found, await bench.OutcomeAsync());

        File.Delete(directory.File("password"));
        Assert.Equal(UpstreamOutcome.Unavailable, await bench.OutcomeAsync());
    }

    private static async Task<UpstreamBench> StartAsync(params UpstreamCredential[] credentials)
    {
        var bench = await UpstreamBench.StartAsync(options => options with { Credentials = credentials });
        bench.Upstream.Tokens.Demand(bench.Upstream.Address);
        return bench;
    }
}
