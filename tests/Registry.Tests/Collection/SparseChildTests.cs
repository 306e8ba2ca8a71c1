using System.Text.Json.Nodes;
using Registry.Tests.Wire;

namespace Registry.Tests.Collection;

/// <summary>Collection without any grace: what an index names stays, also when it came after the index.</summary>
public sealed class SparseChildTests
{
    private static readonly (string, string)[] NoGrace =
    [
        ("Manifests:Sparse", "true"), ("Collection:Untagged", "true"), ("Collection:Window", "00:00:00"), ("Collection:Lease", "00:00:00"),
        ("Collection:Grace", "00:00:00"), ("Collection:Interval", "00:00:00.05"),
    ];

    [Theory, Engines]
    public async Task A_child_pushed_after_its_sparse_index_stays(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine, NoGrace);
        var repository = new RepositoryWire(app.Client, "library/app");
        var child = Unique();
        var digest = RepositoryWire.DigestOf(child.Bytes());
        await repository.PushAsync(Documents.Index(Documents.Descriptor(Oci.IndexType, digest, child.Bytes().Length)), "multi");

        await repository.PushAsync(child);
        await CollectedAsync(repository);

        Assert.Equal(child.Bytes(), (await repository.GetAsync($"manifests/{digest}")).Is(200).Body);
    }

    [Theory, Engines]
    public async Task The_blobs_of_a_child_pushed_after_its_sparse_index_stay(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine, NoGrace);
        var repository = new RepositoryWire(app.Client, "library/app");
        byte[] config = Oci.RandomBytes(100), layer = Oci.RandomBytes(1000);
        var child = Documents.Image(Documents.Describe(Oci.ConfigType, config), Documents.Describe(Documents.LayerType, layer)).Bytes();
        var digest = RepositoryWire.DigestOf(child);
        await repository.PushAsync(Documents.Index(Documents.Descriptor(Oci.ManifestType, digest, child.Length)), "multi");

        // Without a lease a blob may be gone before the manifest comes; a client would push it again.
        await Eventually.TrueAsync(
            async () =>
            {
                await repository.PushBlobAsync(config);
                await repository.PushBlobAsync(layer);
                return (await repository.PutManifestAsync(digest, child, Oci.ManifestType)).Status == 201;
            },
            "the child is pushed between two rounds of collection");
        await CollectedAsync(repository);

        Assert.Equal(child, (await repository.GetAsync($"manifests/{digest}")).Is(200).Body);
        Assert.Equal(config, (await repository.GetAsync($"blobs/{RepositoryWire.DigestOf(config)}")).Is(200).Body);
        Assert.Equal(layer, (await repository.GetAsync($"blobs/{RepositoryWire.DigestOf(layer)}")).Is(200).Body);
    }

    [Theory, Engines]
    public async Task A_child_goes_with_the_last_index_that_names_it(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine, NoGrace);
        var repository = new RepositoryWire(app.Client, "library/app");
        var child = Unique();
        var descriptor = Documents.Describe(Oci.IndexType, child.Bytes());
        var first = await repository.PushAsync(Documents.Index(descriptor.DeepClone().AsObject()), "first");
        var second = await repository.PushAsync(Documents.Index(descriptor, Documents.Descriptor(Oci.IndexType, RepositoryWire.DigestOf("x"u8), 1)), "second");
        var digest = (await repository.PushAsync(child)).Digest;

        (await repository.DeleteAsync($"manifests/{first.Digest}")).Is(202);
        await CollectedAsync(repository);
        (await repository.GetAsync($"manifests/{digest}")).Is(200);

        (await repository.DeleteAsync($"manifests/{second.Digest}")).Is(202);
        await Eventually.TrueAsync(async () => (await repository.GetAsync($"manifests/{digest}")).Status == 404, "the child is collected");
    }

    [Theory, Engines]
    public async Task A_child_whose_tag_moves_away_stays_while_an_index_names_it(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine, NoGrace);
        var repository = new RepositoryWire(app.Client, "library/app");
        var child = await repository.PushAsync(Unique(), "child");
        await repository.PushAsync(Documents.Index(child.Descriptor()), "multi");

        await repository.PushAsync(Unique(), "child");
        (await repository.DeleteAsync("manifests/child")).Is(202);
        await CollectedAsync(repository);

        (await repository.GetAsync($"manifests/{child.Digest}")).Is(200);
    }

    private static JsonObject Unique() => Documents.Index().With("annotations", new JsonObject { ["unique"] = $"{Guid.NewGuid()}" });

    /// <summary>Two rounds of collection, seen by what each takes away: an untagged manifest and a blob that nothing names.</summary>
    private static async Task CollectedAsync(RepositoryWire repository)
    {
        for (var round = 0; round < 2; round++)
        {
            var manifest = (await repository.PushAsync(Unique())).Digest;
            var blob = await repository.PushBlobAsync(Oci.RandomBytes(10));
            await Eventually.TrueAsync(
                async () => (await repository.HeadAsync($"manifests/{manifest}")).Status == 404 && (await repository.HeadAsync($"blobs/{blob}")).Status == 404,
                "what nothing names is collected");
        }
    }
}
