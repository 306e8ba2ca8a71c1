using Microsoft.Extensions.DependencyInjection;
using Registry.Storage.Collection;
using Registry.Tests.Collection;
using Registry.Tests.Model.Interleavings;
using Registry.Tests.Wire;

namespace Registry.Tests.Repositories;

/// <summary>Clients push into a repository that is deleted again and again, while collection is at work.</summary>
public sealed class PushAndDeleteTests
{
    private const int Pushes = 60;

    [Theory, Engines]
    public async Task A_push_finds_the_repository_or_makes_it_and_nothing_is_left_over(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine, Inventory.OnDemand);
        var (repository, other, inventory) = (new RepositoryWire(app.Client, "library/app"), new RepositoryWire(app.Client, "library/other"), new Inventory(app));
        var (shared, collector) = (new Lone(), app.Services.GetRequiredService<Collector>());
        await shared.PushAsync(other, "v1");
        var pushes = Task.WhenAll(Enumerable.Range(0, 4).Select(number => PushAllAsync(repository, other, shared, $"v{number}")));

        var collection = UntilAsync(pushes, () => collector.RunAsync(CancellationToken.None));

        var deletes = 0;
        await UntilAsync(pushes, async () => deletes += (await app.DeleteRepositoryAsync(repository)).IsOneOf(204, 404).Status == 204 ? 1 : 0);
        await pushes;
        await collection;

        Assert.InRange(deletes, 1, int.MaxValue);
        await app.DeleteRepositoryAsync(repository);
        await inventory.CollectAsync();
        await inventory.SettleAsync(blobs: 1);
        Assert.Equal(0, await inventory.CountAsync("upload", "repository_id in (select id from repository where deleted_at is not null)"));
        Assert.Equal((1, 1, 1), (await inventory.CountAsync("repository_blob"), await inventory.CountAsync("manifest"), await inventory.CountAsync("tag")));
        await shared.IsThereAsync(other);
    }

    private static async Task UntilAsync(Task ended, Func<Task> act)
    {
        while (!ended.IsCompleted)
        {
            await act();
        }
    }

    // Each part finds what was pushed before it, or is told that it is not there: an answer that blames the server is none of them.
    private static async Task PushAllAsync(RepositoryWire repository, RepositoryWire other, Lone shared, string tag)
    {
        for (var i = 0; i < Pushes; i++)
        {
            var image = new Lone();
            var started = (await repository.PostAsync()).Is(202);
            (await repository.CloseAsync(started.Location, image.Blob, image.Content)).IsOneOf(201, 404);
            (await repository.PostAsync($"?digest={image.Blob}", Wire.Http.Sized(image.Content))).Is(201);
            (await repository.HeadAsync($"blobs/{image.Blob}")).IsOneOf(200, 404);
            (await image.PutAsync(repository, tag)).IsOneOf(201, 400);
            (await repository.PostAsync($"?mount={shared.Blob}&from={other.Name}")).Is(201);
            (await shared.PutAsync(repository, tag)).IsOneOf(201, 400);
            (await image.DeleteAsync(repository)).IsOneOf(202, 404);
            (await repository.PutManifestAsync("index", Documents.Index().Bytes(), Oci.IndexType)).Is(201);
        }
    }
}
