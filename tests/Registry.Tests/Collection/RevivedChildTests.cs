using Registry.Tests.Wire;

namespace Registry.Tests.Collection;

/// <summary>A manifest that was deleted, then named by a sparse index, and then pushed again before collection had come to it.</summary>
public sealed class RevivedChildTests
{
    [Theory, Engines]
    public async Task It_is_held_by_the_index(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(
            engine, [.. Inventory.OnDemand, ("Manifests:Sparse", "true"), ("Collection:Untagged", "true")]);
        var repository = new RepositoryWire(app.Client, "library/app");
        var child = await repository.PushImageAsync();
        (await repository.DeleteAsync($"manifests/{child.Digest}")).Is(202);
        await repository.PushAsync(Documents.Index(child.Descriptor()), "multi");

        (await repository.PutManifestAsync(child.Digest, child.Content, child.MediaType)).Is(201);
        await new Inventory(app).CollectAsync();

        Assert.Equal(child.Content, (await repository.GetAsync($"manifests/{child.Digest}")).Is(200).Body);
    }
}
