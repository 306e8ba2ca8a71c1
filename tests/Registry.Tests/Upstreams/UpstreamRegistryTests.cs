using Microsoft.Extensions.Logging.Abstractions;
using Registry.Upstreams;

namespace Registry.Tests.Upstreams;

/// <summary>What the client gets from another registry as it is installed elsewhere.</summary>
[Trait("Needs", "clients")]
public sealed class UpstreamRegistryTests : IAsyncLifetime, IDisposable
{
    private UpstreamRegistry _upstream = null!;
    private UpstreamClient _client = null!;

    public async Task InitializeAsync()
    {
        _upstream = await UpstreamRegistry.StartAsync();
        _client = new UpstreamClient(new UpstreamOptions { Alias = "other", Address = _upstream.Address }, TimeProvider.System, NullLogger<UpstreamClient>.Instance);
    }

    public void Dispose() => _client.Dispose();

    public async Task DisposeAsync() => await _upstream.DisposeAsync();

    [Fact]
    public async Task A_tag_comes_with_type_digest_and_length_by_HEAD_and_with_its_bytes_by_GET()
    {
        var image = await _upstream.Repository("team/app").PushImageAsync("v1");

        using var head = await _client.SendAsync(new(HttpMethod.Head, "team/app", "manifests/v1"), CancellationToken.None);
        using var get = await _client.SendAsync(new(HttpMethod.Get, "team/app", "manifests/v1"), CancellationToken.None);

        Assert.All([head, get], answer => Assert.Equal(
            (UpstreamOutcome.Found, image.Digest, image.MediaType, image.Manifest.Length),
            (answer.Outcome, answer.Digest?.Text, answer.MediaType, answer.Length)));
        Assert.Equal(image.Manifest, await get.Body.ReadAllAsync());
        Assert.Empty(await head.Body.ReadAllAsync());
    }

    [Fact]
    public async Task A_blob_comes_from_where_it_is_wanted()
    {
        var content = Oci.RandomBytes(300_000);
        var digest = await _upstream.Repository("team/app").PushBlobAsync(content);

        using var whole = await _client.SendAsync(new(HttpMethod.Get, "team/app", $"blobs/{digest}"), CancellationToken.None);
        using var rest = await _client.SendAsync(new(HttpMethod.Get, "team/app", $"blobs/{digest}") { From = 100_000 }, CancellationToken.None);

        Assert.Equal((0, 300_000, 100_000, 300_000), (whole.Offset, whole.Length, rest.Offset, rest.Length));
        Assert.Equal(content, await whole.Body.ReadAllAsync());
        Assert.Equal(content[100_000..], await rest.Body.ReadAllAsync());
    }

    [Fact]
    public async Task What_is_not_there_is_missing_and_what_has_not_changed_is_not_sent()
    {
        var image = await _upstream.Repository("team/app").PushImageAsync("v1");

        using var missing = await _client.SendAsync(new(HttpMethod.Get, "team/none", "manifests/v1"), CancellationToken.None);
        using var known = await _client.SendAsync(new(HttpMethod.Get, "team/app", "manifests/v1") { IfNoneMatch = $"\"{image.Digest}\"" }, CancellationToken.None);

        Assert.Equal((UpstreamOutcome.Missing, UpstreamOutcome.NotModified), (missing.Outcome, known.Outcome));
    }

    [Fact]
    public async Task When_it_has_stopped_it_is_unavailable()
    {
        await _upstream.StopAsync();

        using var answer = await _client.SendAsync(new(HttpMethod.Get, "team/app", "manifests/v1"), CancellationToken.None);

        Assert.Equal((UpstreamOutcome.Unavailable, "The upstream could not be reached."), (answer.Outcome, answer.Why));
    }
}
