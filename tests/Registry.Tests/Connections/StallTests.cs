using System.Diagnostics;
using System.Security.Cryptography;
using Registry.Tests.Wire;

namespace Registry.Tests.Connections;

/// <summary>S5 for downloads: slow readers are served however long it takes, readers that have stopped are cut off.</summary>
public sealed class StallTests
{
    // More than the kernel keeps for both sides.
    private const int Size = 32 << 20;

    [Fact]
    public async Task S5_Readers_of_40_KB_a_second_are_served()
    {
        await using var listeners = await Listeners.StartAsync(("Downloads:Stall", "00:00:06"));

        await Task.WhenAll(Enum.GetValues<Listener>().Select(async listener =>
        {
            using var http = listeners.Client(listener);
            var (path, digest) = await PushAsync(http);
            Assert.Equal(digest, await ReadSlowlyAsync(http, path));
        }));
    }

    [Theory]
    [InlineData(Listener.Plain)]
    [InlineData(Listener.H2c)]
    [InlineData(Listener.Tls)]
    [InlineData(Listener.TlsHttp2)]
    public async Task S5_A_reader_that_has_stopped_is_cut_off(Listener listener)
    {
        await using var listeners = await Listeners.StartAsync(("Downloads:Stall", "00:00:01"));
        using var http = listeners.Client(listener);
        using var observer = listeners.Client(Listener.Plain);
        var (path, _) = await PushAsync(observer);
        using var response = await http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead);
        await using var body = await response.Content.ReadAsStreamAsync();
        await body.ReadExactlyAsync(new byte[1000]);

        await Eventually.TrueAsync(async () => await observer.EndedDownloadsAsync() == 1, "the download has ended");

        // What ended it must not look like the end of the blob.
        await Assert.ThrowsAnyAsync<Exception>(() => body.CopyToAsync(Stream.Null));
    }

    [Fact]
    public async Task S5_A_client_that_asks_for_more_than_it_reads_is_cut_off_whatever_it_asks_for()
    {
        await using var registry = await RegistryProcess.StartAsync(settings: ("Downloads:Stall", "00:00:01"));
        var repository = new RepositoryWire(registry.Client, "team/app");
        var manifest = Oci.ImageManifest(Oci.Empty, [], annotations: new Dictionary<string, string> { ["big"] = new string('x', 3 << 20) });
        await repository.PushBlobAsync(Oci.EmptyContent);
        (await repository.PutManifestAsync("v1", manifest, Oci.ManifestType)).Is(201);
        var before = registry.Sockets();
        await using var connection = await RawHttp.ConnectAsync(registry.Address);

        foreach (var _ in Enumerable.Range(0, 10))
        {
            await connection.SendHeadAsync($"GET {repository.At("manifests/v1")} HTTP/1.1");
        }

        await Eventually.TrueAsync(() => registry.Sockets() > before, "the registry has accepted the connection");
        await Eventually.TrueAsync(() => registry.Sockets() <= before, "the registry has closed the connection");
    }

    // Slowly for longer than the rule, and than the seven seconds after which Kestrel's own would end it; then to the end.
    private static async Task<string> ReadSlowlyAsync(HttpClient http, string path)
    {
        using var response = await http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead);
        await using var body = await response.Content.ReadAsStreamAsync();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[4000];
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < TimeSpan.FromSeconds(13);)
        {
            await body.ReadExactlyAsync(buffer);
            hash.AppendData(buffer);
            await Task.Delay(TimeSpan.FromMilliseconds(100)); // this is the reader, nothing is waited for
        }

        using var rest = new MemoryStream();
        await body.CopyToAsync(rest);
        hash.AppendData(rest.ToArray());
        return $"sha256:{Convert.ToHexStringLower(hash.GetHashAndReset())}";
    }

    private static async Task<(string Path, string Digest)> PushAsync(HttpClient http)
    {
        var repository = new RepositoryWire(http, "team/app");
        var digest = await repository.PushBlobAsync(Oci.RandomBytes(Size));
        return (repository.At($"blobs/{digest}"), digest);
    }
}
