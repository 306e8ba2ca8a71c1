using System.Net;
using Microsoft.AspNetCore.Http;
using Registry.Upstreams;

namespace Registry.Tests.Upstreams;

/// <summary>How the client keeps within what an upstream gives each credential.</summary>
public sealed class BudgetTests
{
    [Fact]
    public async Task The_credential_with_the_most_left_is_used()
    {
        await using var bench = await StartAsync("anna", "bert");
        string[] remaining = ["5;w=21600", "50;w=21600", "49;w=21600", "3;w=21600", "4;w=21600"];
        foreach (var left in remaining)
        {
            bench.Upstream.Faults.RateLimit = ("100;w=21600", left);
            Assert.Equal(UpstreamOutcome.Found, await bench.OutcomeAsync());
        }

        // What is not known yet comes first.
        Assert.Equal(["anna", "bert", "bert", "bert", "anna"], Users(bench));
    }

    [Fact]
    public async Task One_that_was_told_to_wait_rests_and_the_other_goes_on_in_the_same_request()
    {
        await using var bench = await StartAsync("anna", "bert");
        bench.Upstream.Faults.Answer(
            request => request.Headers.Authorization == UpstreamBench.BasicOf("anna"),
            context =>
            {
                context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
                context.Response.Headers.RetryAfter = "30";
                return Task.CompletedTask;
            });

        Assert.Equal(UpstreamOutcome.Found, await bench.OutcomeAsync());
        Assert.Equal(UpstreamOutcome.Found, await bench.OutcomeAsync());
        Assert.Equal(["anna", "bert", "bert"], Users(bench));

        bench.Clock.Pass(TimeSpan.FromSeconds(31));
        bench.Upstream.Faults.Heal();
        Assert.Equal(UpstreamOutcome.Found, await bench.OutcomeAsync());
        Assert.Equal("anna", Users(bench)[^1]);
    }

    [Fact]
    public async Task When_all_rest_nothing_is_asked_until_the_first_has_rested()
    {
        await using var bench = await StartAsync("anna", "bert");
        bench.Upstream.Faults.Status = HttpStatusCode.TooManyRequests;
        bench.Upstream.Faults.RetryAfter = "30";
        var told = await bench.GetAsync("manifests/v1");
        bench.Upstream.Faults.Status = null;
        bench.Upstream.Forget();

        var resting = await bench.GetAsync($"blobs/{bench.Layer}");
        Assert.Equal((UpstreamOutcome.Limited, HttpStatusCode.TooManyRequests, 30), (told.Outcome, told.Status, (int)told.RetryAfter!.Value.TotalSeconds));
        Assert.Equal((UpstreamOutcome.Limited, null), (resting.Outcome, resting.Status));
        Assert.InRange(resting.RetryAfter!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));
        Assert.Empty(bench.Upstream.Requests);

        bench.Clock.Pass(TimeSpan.FromSeconds(30));
        Assert.Equal(UpstreamOutcome.Found, await bench.OutcomeAsync());
    }

    [Fact]
    public async Task One_that_is_not_accepted_gives_way_to_the_other()
    {
        await using var bench = await StartAsync("anna", "bert");
        bench.Upstream.Tokens.Users["anna"] = "changed";

        Assert.Equal(UpstreamOutcome.Found, await bench.OutcomeAsync());
        Assert.Equal(UpstreamOutcome.Found, await bench.OutcomeAsync());
        Assert.Equal(["anna", "bert", "bert"], Users(bench));
    }

    [Fact]
    public async Task With_nothing_left_no_manifest_is_fetched_but_what_does_not_count_goes_on()
    {
        await using var bench = await StartAsync();
        bench.Upstream.Faults.RateLimit = ("100;w=600", "0;w=600");
        Assert.Equal(UpstreamOutcome.Found, await bench.OutcomeAsync());
        bench.Upstream.Forget();

        Assert.Equal(UpstreamOutcome.Limited, await bench.OutcomeAsync());
        Assert.Empty(bench.Upstream.Requests);
        Assert.Equal(UpstreamOutcome.Found, (await bench.GetAsync($"blobs/{bench.Layer}")).Outcome);
        Assert.Equal(UpstreamOutcome.Found, (await bench.HeadAsync("manifests/v1")).Outcome);

        bench.Upstream.Faults.RateLimit = ("100;w=600", "1;w=600");
        Assert.Equal(UpstreamOutcome.Found, (await bench.HeadAsync("manifests/v1")).Outcome);
        Assert.Equal(UpstreamOutcome.Found, await bench.OutcomeAsync());
    }

    [Theory]
    [InlineData("-5")]
    [InlineData("many")]
    [InlineData("99999999999999999999;w=21600")]
    [InlineData("10;w=-1")]
    [InlineData("10;w=999999999999999999999")]
    [InlineData(";;;")]
    [InlineData("")]
    public async Task Nonsense_about_the_budget_stops_nothing(string remaining)
    {
        await using var bench = await StartAsync();
        bench.Upstream.Faults.RateLimit = ("?", remaining);

        Assert.Equal(UpstreamOutcome.Found, await bench.OutcomeAsync());
        Assert.Equal(UpstreamOutcome.Found, await bench.OutcomeAsync());
    }

    [Theory]
    [InlineData("0;w=999999999999", 3600)]
    [InlineData("0;w=0", 60)]
    [InlineData("0", 60)]
    public async Task No_lie_about_the_budget_stops_anything_for_long(string remaining, int seconds)
    {
        await using var bench = await StartAsync();
        bench.Upstream.Faults.RateLimit = ("100", remaining);
        await bench.OutcomeAsync();
        Assert.Equal(UpstreamOutcome.Limited, await bench.OutcomeAsync());

        bench.Clock.Pass(TimeSpan.FromSeconds(seconds));
        Assert.Equal(UpstreamOutcome.Found, await bench.OutcomeAsync());
    }

    [Theory]
    [InlineData("Retry-After", "120", 120)]
    [InlineData("Retry-After", "0", 0)]
    [InlineData("Retry-After", "999999999", 3600)]
    [InlineData("Retry-After", "soon", null)]
    [InlineData("X-Retry-After", "1", 0)]
    [InlineData("X-Retry-After", "99999999999999", null)]
    [InlineData("X-Other", "1", null)]
    public async Task When_to_come_back_is_passed_on(string header, string value, int? seconds)
    {
        await using var bench = await StartAsync();
        bench.Upstream.Faults.Answer("/v2", HttpStatusCode.TooManyRequests, (header, value));

        var answer = await bench.GetAsync("manifests/v1");
        Assert.Equal((UpstreamOutcome.Limited, seconds), (answer.Outcome, (int?)answer.RetryAfter?.TotalSeconds));
    }

    [Fact]
    public async Task When_to_come_back_may_be_a_date()
    {
        await using var bench = await StartAsync();
        bench.Upstream.Faults.Answer("/v2", HttpStatusCode.ServiceUnavailable, ("Retry-After", DateTimeOffset.UtcNow.AddMinutes(10).ToString("R")));

        var answer = await bench.GetAsync("manifests/v1");
        Assert.Equal(UpstreamOutcome.Unavailable, answer.Outcome);
        Assert.InRange(answer.RetryAfter!.Value, TimeSpan.FromMinutes(9), TimeSpan.FromMinutes(10));
    }

    private static async Task<UpstreamBench> StartAsync(params string[] users)
    {
        var bench = await UpstreamBench.StartAsync(options => options with { Credentials = [.. users.Select(UpstreamBench.Credential)] });
        if (users.Length > 0)
        {
            bench.Upstream.Tokens.Challenges = ["Basic realm=\"hostile\""];
        }

        foreach (var user in users)
        {
            bench.Upstream.Tokens.Users[user] = $"secret of {user}";
        }

        return bench;
    }

    private static string[] Users(UpstreamBench bench) =>
        [.. bench.Upstream.Requests.Where(request => request.Authorization is not null).Select(request => request.Authorization == UpstreamBench.BasicOf("anna") ? "anna" : "bert")];
}
