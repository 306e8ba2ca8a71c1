using System.Collections.Concurrent;
using System.Net;

namespace Registry.Tests.Cluster;

/// <summary>Clients behind haproxy, which sends every request to whichever replica is next.</summary>
[Trait("Needs", "postgres")]
public sealed class LoadBalancerTests
{
    private const int Clients = 4;

    [Fact]
    public async Task All_replicas_are_replaced_one_after_the_other_and_no_client_notices()
    {
        await using var replicas = await ReplicaSet.StartAsync(3, ("Proxies:Trusted", "127.0.0.1"), ("Shutdown:Drain", "0:00:03"));
        await using var balancer = await LoadBalancer.StartAsync(replicas.Replicas.Select(replica => replica.Address));
        using var stop = new CancellationTokenSource();
        var pushed = new ConcurrentBag<(string Repository, Image Image)>();
        var clients = Enumerable.Range(0, Clients).Select(number => PushAsync(new RepositoryClient(balancer.Client, $"load/app{number}"), pushed, stop.Token)).ToArray();
        await MoreAsync(pushed, clients);

        foreach (var replica in replicas.Replicas)
        {
            replica.Terminate();
            await replica.ExitedAsync();
            Assert.Equal(0, replica.ExitCode);
            await replica.StartAgainAsync();
            await MoreAsync(pushed, clients);
        }

        await stop.CancelAsync();
        await Task.WhenAll(clients);
        foreach (var (repository, image) in pushed)
        {
            await new RepositoryClient(balancer.Client, repository).AssertHasAsync(image);
        }
    }

    /// <summary>Pushes and pulls images in chunks; an answer that is no success is a failure.</summary>
    private static async Task PushAsync(RepositoryClient repository, ConcurrentBag<(string Repository, Image Image)> pushed, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var image = Image.Random(layers: 2, layerSize: 200_000);
            foreach (var (digest, content) in image.Blobs)
            {
                using var first = await repository.PatchAsync(await repository.StartUploadAsync(), content[..(content.Length / 2)], from: 0);
                await OciAssert.StatusAsync(first, HttpStatusCode.Accepted);
                using var second = await repository.PatchAsync(Uploads.Location(first), content[(content.Length / 2)..], from: content.Length / 2);
                await OciAssert.StatusAsync(second, HttpStatusCode.Accepted);
                using var closed = await repository.CloseAsync(Uploads.Location(second), digest);
                await OciAssert.DigestAsync(closed, HttpStatusCode.Created, digest);
            }

            await repository.PushManifestAsync("latest", image.Manifest, image.MediaType);
            using var manifest = await repository.GetManifestAsync("latest");
            await OciAssert.DigestAsync(manifest, HttpStatusCode.OK, image.Digest, image.Manifest);
            pushed.Add((repository.Name, image));
        }
    }

    private static Task MoreAsync(ConcurrentBag<(string Repository, Image Image)> pushed, Task[] clients)
    {
        var enough = pushed.Count + 12;
        return Eventually.TrueAsync(
            () =>
            {
                Assert.All(clients, client => Assert.False(client.IsFaulted, $"{client.Exception}"));
                return pushed.Count >= enough;
            },
            "images are pushed");
    }
}
