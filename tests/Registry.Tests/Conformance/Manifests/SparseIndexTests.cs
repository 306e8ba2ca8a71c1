using Registry.Tests.Wire;

namespace Registry.Tests.Conformance.Manifests;

/// <summary>With <c>Manifests:Sparse</c> an index may come before, or without, some of its children.</summary>
public sealed class SparseIndexTests(SparseIndexTests.SparseRegistry registry) : IClassFixture<SparseIndexTests.SparseRegistry>
{
    [Theory, Engines]
    public async Task An_index_without_its_children_is_taken_and_they_are_404(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var there = await repository.PushImageAsync();
        var missing = RepositoryWire.DigestOf(Oci.RandomBytes(9));
        var document = Documents.Index(there.Descriptor(), Documents.Descriptor(Oci.ManifestType, missing, 700));

        var index = await repository.PushAsync(document, "multi");

        Assert.Equal(index.Content, (await repository.GetAsync("manifests/multi")).Is(200).Body);
        (await repository.GetAsync($"manifests/{there.Digest}")).Is(200);
        (await repository.GetAsync($"manifests/{missing}")).IsError(404, "MANIFEST_UNKNOWN");
    }

    [Theory, Engines]
    public async Task A_child_may_follow_its_index(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var child = (await repository.ImageOfFreshBlobsAsync()).Bytes();
        var digest = RepositoryWire.DigestOf(child);
        await repository.PushAsync(Documents.Index(Documents.Descriptor(Oci.ManifestType, digest, child.Length)), "multi");

        (await repository.PutManifestAsync(digest, child, Oci.ManifestType)).Is(201);

        Assert.Equal(child, (await repository.GetAsync($"manifests/{digest}")).Is(200).Body);
    }

    [Theory, Engines]
    public async Task An_image_still_needs_its_blobs(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var document = await repository.ImageOfFreshBlobsAsync();
        document["layers"]!.AsArray().Add(Documents.Describe(Documents.LayerType, Oci.RandomBytes(9)));

        (await repository.PutManifestAsync("v1", document.Bytes(), Oci.ManifestType)).IsError(400, "MANIFEST_BLOB_UNKNOWN");
    }

    public sealed class SparseRegistry() : SharedRegistry(("Manifests:Sparse", "true"));
}
