using Registry.Tests.Wire;

namespace Registry.Tests.Connections;

/// <summary>Only plain HTTP/1.1 can do without the copy; TLS and HTTP/2 have to see the bytes, and serve the same.</summary>
public sealed class ListenerTests
{
    [Theory]
    [InlineData(Listener.Plain, 4)]
    [InlineData(Listener.H2c, 0)]
    [InlineData(Listener.Tls, 0)]
    [InlineData(Listener.TlsHttp2, 0)]
    public async Task Blobs_and_ranges_are_the_same_everywhere(Listener listener, int zeroCopies)
    {
        await using var listeners = await Listeners.StartAsync();
        using var plain = listeners.Client(Listener.Plain);
        using var http = listeners.Client(listener);
        var repository = new RepositoryWire(http, "team/app");
        var content = Oci.RandomBytes(3_000_000);
        var digest = await repository.PushBlobAsync(content);

        var whole = (await repository.GetAsync($"blobs/{digest}")).Is(200).Has("Content-Length", "3000000");
        var range = (await repository.GetAsync($"blobs/{digest}", ("Range", "bytes=1000000-2999998"))).Is(206);
        var parts = (await repository.GetAsync($"blobs/{digest}", ("Range", "bytes=0-99999,200000-200004,300000-499999"))).Is(206);
        var head = (await repository.HeadAsync($"blobs/{digest}")).Is(200).Has("Content-Length", "3000000");

        Assert.True(content.AsSpan().SequenceEqual(whole.Body));
        Assert.True(content.AsSpan(1_000_000, 1_999_999).SequenceEqual(range.Body));
        Assert.Equal(parts.ContentLength, parts.Body.Length);
        Assert.True(parts.Body.AsSpan().IndexOf(content.AsSpan(300_000, 200_000)) > 0);
        Assert.Empty(head.Body);
        await plain.ZeroCopyRangesBecomeAsync(zeroCopies);
    }
}
