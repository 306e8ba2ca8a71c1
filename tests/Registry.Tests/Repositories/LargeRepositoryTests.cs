using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Registry.Storage.Collection;
using Registry.Tests.Collection;
using Registry.Tests.Wire;

namespace Registry.Tests.Repositories;

/// <summary>A repository of 10,000 manifests is deleted at once, and emptied a little at a time.</summary>
[Trait("Needs", "time")]
public sealed class LargeRepositoryTests
{
    private const int Manifests = 10_000;

    [Theory, Engines]
    public async Task Others_push_while_it_is_emptied_in_small_steps(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine, Inventory.OnDemand);
        var (large, small, inventory) = (new RepositoryWire(app.Client, "large/app"), new RepositoryWire(app.Client, "small/app"), new Inventory(app));
        await Parallel.ForEachAsync(
            Enumerable.Range(0, Manifests), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, _) => await PushAsync(large, $"v{i}"));

        (await app.DeleteRepositoryAsync(large)).Is(204);
        (await large.GetAsync("manifests/v0")).IsError(404, "NAME_UNKNOWN");

        var collector = app.Services.GetRequiredService<Collector>();
        var (tags, living, rounds) = (await inventory.CountAsync("tag"), await inventory.CountAsync("manifest", "deleted_at is null"), 0);
        Assert.Equal((Manifests, Manifests), (tags, living));
        while (await inventory.CountAsync("repository", "emptying is not null") > 0)
        {
            var round = collector.RunAsync(CancellationToken.None);
            await PushAsync(small, $"v{rounds}");
            await round;
            rounds++;

            // What one transaction takes, and so how long others wait for it, does not grow with the repository.
            var (fewerTags, fewer) = (await inventory.CountAsync("tag"), await inventory.CountAsync("manifest", "deleted_at is null"));
            Assert.InRange(tags - fewerTags, -1, 100);
            Assert.InRange(living - fewer, -1, 100);
            (tags, living) = (fewerTags, fewer);
        }

        Assert.InRange(rounds, 2 * Manifests / 100, int.MaxValue);
        Assert.Equal(rounds, tags);
        Assert.Equal(Manifests, await inventory.CountAsync("tag_event", "new_digest is null"));
    }

    // Without a blob: nothing that collection could take before a manifest names it.
    private static async Task PushAsync(RepositoryWire repository, string tag)
    {
        var manifest = Documents.Index().With("annotations", new JsonObject { ["tag"] = tag }).Bytes();
        (await repository.PutManifestAsync(tag, manifest, Oci.IndexType)).Is(201);
    }
}
