using System.Net;
using Registry.Upstreams;

namespace Registry.Tests.Upstreams;

/// <summary>What the responses of an upstream mean, and how it is left alone when it fails.</summary>
public sealed class OutcomeTests
{
    [Theory]
    [InlineData(HttpStatusCode.NotFound, UpstreamOutcome.Missing)]
    [InlineData(HttpStatusCode.Gone, UpstreamOutcome.Missing)]
    [InlineData(HttpStatusCode.UnavailableForLegalReasons, UpstreamOutcome.Missing)]
    [InlineData(HttpStatusCode.Forbidden, UpstreamOutcome.Missing)]
    [InlineData(HttpStatusCode.TooManyRequests, UpstreamOutcome.Limited)]
    [InlineData(HttpStatusCode.InternalServerError, UpstreamOutcome.Unavailable)]
    [InlineData(HttpStatusCode.BadGateway, UpstreamOutcome.Unavailable)]
    [InlineData(HttpStatusCode.ServiceUnavailable, UpstreamOutcome.Unavailable)]
    [InlineData(HttpStatusCode.GatewayTimeout, UpstreamOutcome.Unavailable)]
    [InlineData(HttpStatusCode.BadRequest, UpstreamOutcome.Unavailable)]
    [InlineData(HttpStatusCode.MethodNotAllowed, UpstreamOutcome.Unavailable)]
    [InlineData(HttpStatusCode.NoContent, UpstreamOutcome.Unavailable)]
    [InlineData(HttpStatusCode.NotModified, UpstreamOutcome.Unavailable)]
    [InlineData(HttpStatusCode.PartialContent, UpstreamOutcome.Unavailable)]
    [InlineData((HttpStatusCode)418, UpstreamOutcome.Unavailable)]
    public async Task A_status_means(HttpStatusCode status, object outcome)
    {
        await using var bench = await UpstreamBench.StartAsync();
        bench.Upstream.Faults.Answer("/v2", status);

        var answer = await bench.GetAsync("manifests/v1");

        Assert.Equal(outcome, answer.Outcome);
        Assert.Equal(status, answer.Status);
        Assert.EndsWith(".", answer.Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Manifests_are_asked_for_in_every_form_but_schema_1_and_nothing_compressed()
    {
        await using var bench = await UpstreamBench.StartAsync();
        await bench.GetAsync("manifests/v1");
        await bench.GetAsync($"blobs/{bench.Layer}");

        var (manifest, blob) = (bench.Upstream.Requests[0].Headers, bench.Upstream.Requests[1].Headers);
        Assert.Equal(
            $"{Oci.IndexType}, {Oci.ManifestType}, {Oci.DockerListType}, {Oci.DockerManifestType}, */*; q=0.1",
            manifest["Accept"].Replace(";q", "; q", StringComparison.Ordinal));
        Assert.All([manifest, blob], headers => Assert.Equal("identity", headers["Accept-Encoding"]));
        Assert.All([manifest, blob], headers => Assert.DoesNotContain("Cookie", headers.Keys));
    }

    [Fact]
    public async Task Several_failures_in_a_row_are_followed_by_a_pause_for_the_whole_upstream()
    {
        await using var bench = await UpstreamBench.StartAsync();
        bench.Upstream.Faults.Status = HttpStatusCode.BadGateway;
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(HttpStatusCode.BadGateway, (await bench.GetAsync("manifests/v1", $"team/app{i}")).Status);
        }

        bench.Upstream.Faults.Status = null;
        Assert.Equal(UpstreamOutcome.Unavailable, await bench.OutcomeAsync());
        Assert.Equal(5, bench.Upstream.Requests.Count);

        bench.Clock.Pass(TimeSpan.FromSeconds(10));
        Assert.Equal(UpstreamOutcome.Found, await bench.OutcomeAsync());
        Assert.Equal(UpstreamOutcome.Found, await bench.OutcomeAsync());
    }

    [Fact]
    public async Task While_it_fails_one_request_in_each_pause_tries_again()
    {
        await using var bench = await UpstreamBench.StartAsync();
        bench.Upstream.Faults.Status = HttpStatusCode.BadGateway;
        for (var i = 0; i < 20; i++)
        {
            await bench.OutcomeAsync();
        }

        bench.Clock.Pass(TimeSpan.FromSeconds(10));
        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => bench.OutcomeAsync()));

        Assert.Equal(6, bench.Upstream.Requests.Count);
    }

    [Theory]
    [InlineData(HttpStatusCode.NotFound)]
    [InlineData(HttpStatusCode.TooManyRequests)]
    [InlineData(HttpStatusCode.Forbidden)]
    public async Task What_is_no_failure_is_followed_by_no_pause(HttpStatusCode status)
    {
        await using var bench = await UpstreamBench.StartAsync();
        bench.Upstream.Faults.Status = status;
        bench.Upstream.Faults.RetryAfter = "1";
        for (var i = 0; i < 10; i++)
        {
            await bench.OutcomeAsync();
            bench.Clock.Pass(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(10, bench.Upstream.Requests.Count);
    }

    [Fact]
    public async Task Headers_that_do_not_come_are_waited_for_only_so_long()
    {
        await using var bench = await UpstreamBench.StartAsync(options => options with { HeadersTimeout = TimeSpan.FromMilliseconds(200) });
        bench.Upstream.Faults.Answer(_ => true, context => Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default));

        var answer = await bench.GetAsync("manifests/v1");
        Assert.Equal((UpstreamOutcome.Unavailable, "The upstream did not answer in time."), (answer.Outcome, answer.Why));
    }

    [Fact]
    public async Task Headers_without_end_are_not_read()
    {
        await using var bench = await UpstreamBench.StartAsync();
        bench.Upstream.Faults.Answer(_ => true, context =>
        {
            for (var i = 0; i < 64; i++)
            {
                context.Response.Headers[$"X-Large-{i}"] = new string('x', 1 << 10);
            }

            return Task.CompletedTask;
        });

        Assert.Equal(UpstreamOutcome.Unavailable, await bench.OutcomeAsync());
    }

    [Fact]
    public async Task Only_the_caller_s_own_cancellation_is_thrown()
    {
        await using var bench = await UpstreamBench.StartAsync();
        bench.Upstream.Faults.Answer(_ => true, context => Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default));
        using var leaving = new CancellationTokenSource();
        var asked = bench.AskAsync(new(HttpMethod.Get, UpstreamBench.Repository, "manifests/v1"), cancellationToken: leaving.Token);
        await Eventually.TrueAsync(() => bench.Upstream.Requests.Count == 1, "the upstream is asked");

        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
    }

    [Fact]
    public async Task Offline_nothing_is_asked()
    {
        await using var bench = await UpstreamBench.StartAsync(options => options with { Offline = true });

        Assert.Equal(UpstreamOutcome.Unavailable, await bench.OutcomeAsync());
        Assert.Empty(bench.Upstream.Requests);
    }

    [Fact]
    public async Task Each_kind_of_failure_is_logged_once_a_minute()
    {
        await using var bench = await UpstreamBench.StartAsync();
        bench.Upstream.Faults.Status = HttpStatusCode.BadRequest;
        for (var i = 0; i < 5; i++)
        {
            await bench.OutcomeAsync();
        }

        Assert.Contains("hostile", Assert.Single(bench.Log.Lines), StringComparison.Ordinal);

        bench.Clock.Pass(TimeSpan.FromSeconds(61));
        await bench.OutcomeAsync();
        Assert.Equal(2, bench.Log.Lines.Count);
    }

    [Fact]
    public async Task A_digest_that_is_none_is_no_digest()
    {
        await using var bench = await UpstreamBench.StartAsync();
        bench.Upstream.Content.PutManifest(UpstreamBench.Repository, "odd", new(bench.Image.Manifest, bench.Image.MediaType, "sha256:../../etc/passwd"));

        var answer = await bench.GetAsync("manifests/odd");
        Assert.Equal((UpstreamOutcome.Found, null), (answer.Outcome, answer.Digest));
    }

    [Fact]
    public async Task Of_the_requests_at_a_time_blobs_leave_some_to_the_others()
    {
        await using var bench = await UpstreamBench.StartAsync(options => options with { Connections = 2 });
        var other = bench.Upstream.Content.PutBlob(Oci.RandomBytes(1000));
        var first = await bench.GetAsync($"blobs/{bench.Layer}");
        var second = bench.GetAsync($"blobs/{other}");

        Assert.Equal(UpstreamOutcome.Found, await bench.OutcomeAsync());
        Assert.Empty(bench.Upstream.RequestsFor(other));
        Assert.False(second.IsCompleted);

        first.Dispose();
        Assert.Equal(UpstreamOutcome.Found, (await second).Outcome);
    }

    [Fact]
    public async Task Whatever_comes_of_a_request_its_connection_is_given_back()
    {
        await using var bench = await UpstreamBench.StartAsync(options => options with { Connections = 1 });
        await bench.GetAsync("manifests/none");
        await bench.HeadAsync("manifests/v1");
        await bench.AskAsync(new(HttpMethod.Get, UpstreamBench.Repository, "manifests/v1") { IfNoneMatch = $"\"{bench.Image.Digest}\"" });
        bench.Upstream.Faults.Status = HttpStatusCode.BadRequest;
        await bench.OutcomeAsync();
        bench.Upstream.Faults.Status = null;
        bench.RedirectTo("http://10.0.0.1/");
        await bench.OutcomeAsync();
        bench.Upstream.Faults.Heal();

        Assert.Equal(UpstreamOutcome.Found, (await bench.GetAsync($"blobs/{bench.Layer}")).Outcome);
    }
}
