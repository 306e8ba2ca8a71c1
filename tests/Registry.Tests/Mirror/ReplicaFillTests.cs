using System.Net;
using Registry.Tests.Upstreams;

namespace Registry.Tests.Mirror;

/// <summary>A blob that clients of several replicas want is fetched by one of them, and the others follow it.</summary>
[Trait("Needs", "postgres")]
public sealed class ReplicaFillTests
{
    private const int MiB = 1 << 20;
    private const int Size = 24 * MiB;
    private const int Begun = 10 * MiB;

    [Theory]
    [InlineData(Engine.PostgresS3)]
    public async Task Clients_of_three_replicas_get_a_blob_as_it_comes_and_the_upstream_is_asked_once(Engine engine)
    {
        await using var upstream = await HostileUpstream.StartAsync();
        var image = Image.Random(layers: 1, layerSize: Size);
        var (digest, content) = (image.Layers[0].Digest, image.Blobs[image.Layers[0].Digest]);
        upstream.Content.Put("team/app", image, "v1");
        await using var replicas = await MirrorReplicas.StartAsync(3, engine, upstream);
        foreach (var app in replicas.All)
        {
            using var manifest = await app.Repository("up/team/app").GetManifestAsync("v1");
            await OciAssert.StatusAsync(manifest, HttpStatusCode.OK);
        }

        upstream.Faults.StopAfter = Begun;
        var streams = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => OpenAsync(replicas.All[i % 3], digest)));
        var received = streams.Select(_ => new byte[content.Length]).ToArray();
        await Task.WhenAll(streams.Select((stream, i) => stream.ReadExactlyAsync(received[i].AsMemory(0, Begun - MiB)).AsTask())); // while the upstream stands still
        upstream.Faults.Resume();
        await Task.WhenAll(streams.Select((stream, i) => stream.ReadExactlyAsync(received[i].AsMemory(Begun - MiB)).AsTask()));

        Assert.All(received, bytes => Assert.True(content.AsSpan().SequenceEqual(bytes), "other bytes have come"));
        Assert.Single(upstream.RequestsFor(digest));
        Assert.Equal(content.Length, upstream.BytesOf(digest));
        foreach (var stream in streams)
        {
            await stream.DisposeAsync();
        }
    }

    [Fact]
    [Trait("Needs", "time")]
    public async Task A_replica_that_dies_is_taken_over_by_one_that_follows_it()
    {
        await using var upstream = await HostileUpstream.StartAsync();
        var image = Image.Random(layers: 1, layerSize: Size);
        var (digest, content) = (image.Layers[0].Digest, image.Blobs[image.Layers[0].Digest]);
        upstream.Content.Put("team/app", image, "v1");
        await using var owner = await RegistryProcess.StartAsync(Engine.PostgresS3, MirrorReplicas.SettingsOf(upstream));
        await using var follower = await MirrorReplicas.StartBesideAsync(owner.ConnectionString!, owner.DataDirectory, owner.Bucket, upstream);
        using var manifest = await owner.Repository("up/team/app").GetManifestAsync("v1");
        await OciAssert.StatusAsync(manifest, HttpStatusCode.OK);

        upstream.Faults.StopAfter = Begun;
        await using var first = await OpenAsync(owner.Client, digest);
        await first.ReadExactlyAsync(new byte[Begun - MiB]);
        await using var second = await OpenAsync(follower.Client, digest);
        var received = new byte[content.Length];
        await second.ReadExactlyAsync(received.AsMemory(0, Begun - MiB));
        owner.Kill();
        upstream.Faults.Resume();
        await second.ReadExactlyAsync(received.AsMemory(Begun - MiB));

        Assert.True(content.AsSpan().SequenceEqual(received), "other bytes have come");
        Assert.True(upstream.RequestsFor(digest).Count == 2, "it is asked once more, for the rest");
    }

    private static Task<Stream> OpenAsync(RegistryApp app, string digest) => OpenAsync(app.Client, digest);

    private static async Task<Stream> OpenAsync(HttpClient client, string digest)
    {
        var response = await client.GetAsync($"/v2/up/team/app/blobs/{digest}", HttpCompletionOption.ResponseHeadersRead);
        await OciAssert.StatusAsync(response, HttpStatusCode.OK);
        return await response.Content.ReadAsStreamAsync();
    }
}
