using System.Diagnostics;
using System.Net;
using Registry.Upstreams;

namespace Registry.Tests.Upstreams;

/// <summary>Bodies as hostile upstreams send them.</summary>
public sealed class BodyTests
{
    private readonly byte[] _content = Oci.RandomBytes(100_000);

    [Fact]
    public async Task S55_a_body_that_ends_early_is_an_error()
    {
        await using var bench = await UpstreamBench.StartAsync();
        bench.Upstream.Faults.ContentLength = _content.Length + 1;

        await Assert.ThrowsAnyAsync<IOException>(() => ReadAsync(bench));
    }

    [Fact]
    public async Task S55_a_body_that_is_cut_in_chunks_is_an_error()
    {
        await using var bench = await UpstreamBench.StartAsync();
        bench.Upstream.Faults.Chunked = true;
        bench.Upstream.Faults.CutEvery = 10_000;

        await Assert.ThrowsAnyAsync<IOException>(() => ReadAsync(bench));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task S55_a_range_that_is_longer_or_shorter_than_it_says_is_an_error(bool longer)
    {
        await using var bench = await UpstreamBench.StartAsync();
        bench.Upstream.Faults.Answer(_ => true, async context =>
        {
            context.Response.StatusCode = (int)HttpStatusCode.PartialContent;
            context.Response.Headers.ContentRange = "bytes 10-99/100";
            await context.Response.Body.WriteAsync(new byte[longer ? 91 : 89]);
        });

        var answer = await AskAsync(bench, from: 10);
        Assert.Equal((UpstreamOutcome.Found, 10, 100), (answer.Outcome, answer.Offset, answer.Length));
        await Assert.ThrowsAnyAsync<IOException>(() => answer.Body.ReadAllAsync());
    }

    [Theory]
    [InlineData("bytes 0-99/100")]
    [InlineData("bytes 20-99/100")]
    [InlineData("bytes */100")]
    [InlineData("pages 10-99/100")]
    [InlineData("bytes 99-10/100")]
    [InlineData(null)]
    public async Task S55_another_range_than_the_one_asked_for_is_no_answer(string? range)
    {
        await using var bench = await UpstreamBench.StartAsync();
        bench.Upstream.Faults.Answer("/v2", HttpStatusCode.PartialContent, range is null ? [] : [("Content-Range", range)]);

        Assert.Equal(UpstreamOutcome.Unavailable, (await AskAsync(bench, from: 10)).Outcome);
    }

    [Fact]
    public async Task D24_what_is_cut_again_and_again_comes_together_from_where_it_was_cut()
    {
        await using var bench = await UpstreamBench.StartAsync();
        bench.Upstream.Faults.CutEvery = 9_999;
        using var whole = new MemoryStream();
        while (whole.Length < _content.Length)
        {
            var answer = await AskAsync(bench, whole.Length);
            Assert.Equal((whole.Length, _content.Length), (answer.Offset, answer.Length));
            await Record.ExceptionAsync(() => answer.Body.CopyToAsync(whole));
        }

        Assert.Equal(_content, whole.ToArray());
    }

    [Fact]
    public async Task D24_when_the_range_is_ignored_the_body_begins_at_its_beginning()
    {
        await using var bench = await UpstreamBench.StartAsync();
        bench.Upstream.Faults.IgnoresRange = true;

        var answer = await AskAsync(bench, from: 5_000);

        Assert.Equal((UpstreamOutcome.Found, 0, _content.Length), (answer.Outcome, answer.Offset, answer.Length));
        Assert.Equal(_content, await answer.Body.ReadAllAsync());
    }

    [Fact]
    public async Task S54_what_was_compressed_on_the_way_is_passed_on_as_it_came()
    {
        await using var bench = await UpstreamBench.StartAsync();
        bench.Upstream.Faults.Gzip = true;

        Assert.Equal([0x1f, 0x8b], (await ReadAsync(bench))[..2]);
    }

    [Fact]
    public async Task A_body_that_stands_still_is_an_error()
    {
        await using var bench = await UpstreamBench.StartAsync(options => options with { IdleTimeout = TimeSpan.FromMilliseconds(200) });
        bench.Upstream.Faults.StopAfter = 1000;

        var exception = await Assert.ThrowsAnyAsync<IOException>(() => ReadAsync(bench));
        Assert.Contains("stopped", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_may_take_longer_than_its_headers_might_have()
    {
        var limit = TimeSpan.FromMilliseconds(400);
        await using var bench = await UpstreamBench.StartAsync(options => options with { HeadersTimeout = limit });
        bench.Upstream.Faults.StopAfter = 1000;
        var clock = Stopwatch.StartNew();
        var answer = await AskAsync(bench);
        var read = answer.Body.ReadAllAsync();

        await Eventually.TrueAsync(() => clock.Elapsed > 2 * limit, "the limit of the headers is over");
        bench.Upstream.Faults.Resume();
        Assert.Equal(_content, await read);
    }

    [Fact]
    public async Task Whoever_stops_reading_cancels_nothing_but_its_own()
    {
        await using var bench = await UpstreamBench.StartAsync();
        bench.Upstream.Faults.StopAfter = 1000;
        var answer = await AskAsync(bench);
        using var leaving = new CancellationTokenSource();
        var read = answer.Body.CopyToAsync(Stream.Null, leaving.Token);

        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);
        bench.Upstream.Faults.Resume();
        Assert.Equal(_content, await ReadAsync(bench));
    }

    [Fact]
    public async Task All_bodies_share_the_bandwidth()
    {
        await using var bench = await UpstreamBench.StartAsync(options => options with { Bandwidth = 400_000 });
        var clock = Stopwatch.StartNew();

        await Task.WhenAll(ReadAsync(bench), ReadAsync(bench));

        // 200,000 bytes, less the tenth of a second's worth that may come at once.
        Assert.True(clock.Elapsed > TimeSpan.FromMilliseconds(350), $"{clock.Elapsed}");
    }

    private async Task<byte[]> ReadAsync(UpstreamBench bench) => await (await AskAsync(bench)).Body.ReadAllAsync();

    private Task<UpstreamAnswer> AskAsync(UpstreamBench bench, long? from = null) =>
        bench.AskAsync(new(HttpMethod.Get, UpstreamBench.Repository, $"blobs/{bench.Upstream.Content.PutBlob(_content)}") { From = from });
}
