using Registry.Tests.Wire;

namespace Registry.Tests.Conformance;

/// <summary>distribution-spec end-9 and end-10: what a DELETE takes away, at once, and what it leaves.</summary>
[OnS3]
public sealed class DeleteTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    [Theory, Engines]
    public async Task Deleting_a_tag_leaves_the_manifest_and_its_other_tags(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var image = await repository.PushImageAsync("v1");
        (await repository.PutManifestAsync("v2", image.Content, image.MediaType)).Is(201);

        (await repository.DeleteAsync("manifests/v1")).Is(202);

        (await repository.GetAsync("manifests/v1")).IsError(404, "MANIFEST_UNKNOWN");
        (await repository.HeadAsync("manifests/v2")).Is(200);
        (await repository.HeadAsync($"manifests/{image.Digest}")).Is(200);
        Assert.Equal(["v2"], (await repository.GetAsync("tags/list")).Strings("tags"));
    }

    [Theory, Engines]
    public async Task Deleting_a_digest_removes_the_manifest_and_its_tags(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var image = await repository.PushImageAsync("v1");
        (await repository.PutManifestAsync("v2", image.Content, image.MediaType)).Is(201);
        await repository.PushImageAsync("other");

        (await repository.DeleteAsync($"manifests/{image.Digest}")).Is(202);

        foreach (var reference in new[] { "v1", "v2", image.Digest })
        {
            (await repository.GetAsync($"manifests/{reference}")).IsError(404, "MANIFEST_UNKNOWN");
        }

        Assert.Equal(["other"], (await repository.GetAsync("tags/list")).Strings("tags"));
    }

    [Theory, Engines]
    public async Task What_is_not_there_is_404(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var digest = RepositoryWire.DigestOf(Oci.RandomBytes(9));
        (await repository.DeleteAsync("manifests/v1")).IsError(404, "NAME_UNKNOWN", "MANIFEST_UNKNOWN");
        (await repository.DeleteAsync($"blobs/{digest}")).IsError(404, "NAME_UNKNOWN", "BLOB_UNKNOWN");

        var image = await repository.PushImageAsync("v1");
        (await repository.DeleteAsync("manifests/v2")).IsError(404, "MANIFEST_UNKNOWN");
        (await repository.DeleteAsync($"manifests/{digest}")).IsError(404, "MANIFEST_UNKNOWN");
        (await repository.DeleteAsync($"blobs/{digest}")).IsError(404, "BLOB_UNKNOWN");

        (await repository.DeleteAsync($"manifests/{image.Digest}")).Is(202);
        (await repository.DeleteAsync($"manifests/{image.Digest}")).IsError(404, "MANIFEST_UNKNOWN");
        (await repository.DeleteAsync("manifests/v1")).IsError(404, "MANIFEST_UNKNOWN");
    }

    [Theory, Engines("sha256"), Engines("sha512")]
    public async Task A_deleted_blob_is_gone_at_once_and_can_be_pushed_again(Engine engine, string algorithm)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = Oci.RandomBytes(100);
        var digest = await repository.PushBlobAsync(content, algorithm);

        (await repository.DeleteAsync($"blobs/{digest}")).Is(202);

        (await repository.HeadAsync($"blobs/{digest}")).Is(404);
        (await repository.GetAsync($"blobs/{digest}")).IsError(404, "BLOB_UNKNOWN");
        (await repository.DeleteAsync($"blobs/{digest}")).IsError(404, "BLOB_UNKNOWN");
        await repository.PushBlobAsync(content, algorithm);
        Assert.Equal(content, (await repository.GetAsync($"blobs/{digest}")).Is(200).Body);
    }

    [Theory, Engines]
    public async Task A_blob_that_a_manifest_names_is_405_with_that_manifest(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var document = await repository.ImageOfFreshBlobsAsync();
        var image = await repository.PushAsync(document, "v1");
        foreach (var blob in new[] { (string)document["config"]!["digest"]!, (string)document["layers"]![0]!["digest"]! })
        {
            var answer = (await repository.DeleteAsync($"blobs/{blob}")).IsError(405, "UNSUPPORTED");

            Assert.Contains(image.Digest, answer.Text, StringComparison.Ordinal);
            (await repository.HeadAsync($"blobs/{blob}")).Is(200);
        }

        (await repository.DeleteAsync($"manifests/{image.Digest}")).Is(202);
        (await repository.DeleteAsync($"blobs/{document["config"]!["digest"]}")).Is(202);
        (await repository.HeadAsync($"blobs/{document["config"]!["digest"]}")).Is(404);
    }

    [Theory, Engines]
    public async Task A_blob_that_a_manifest_of_another_repository_names_can_be_deleted_here(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var other = repository.Sibling("/other");
        var document = await repository.ImageOfFreshBlobsAsync();
        var layer = (string)document["layers"]![0]!["digest"]!;
        await repository.PushAsync(document, "v1");
        (await other.PostAsync($"?mount={layer}&from={repository.Name}")).Is(201);

        (await other.DeleteAsync($"blobs/{layer}")).Is(202);

        (await other.HeadAsync($"blobs/{layer}")).Is(404);
        (await repository.GetAsync($"blobs/{layer}")).Is(200);
    }

    [Theory, Engines]
    public async Task A_child_that_an_index_names_can_be_deleted(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var child = await repository.PushImageAsync("child");
        var index = await repository.PushAsync(Documents.Index(child.Descriptor()), "multi");

        (await repository.DeleteAsync($"manifests/{child.Digest}")).Is(202);

        (await repository.GetAsync($"manifests/{child.Digest}")).IsError(404, "MANIFEST_UNKNOWN");
        (await repository.GetAsync("manifests/child")).IsError(404, "MANIFEST_UNKNOWN");
        Assert.Equal(index.Content, (await repository.GetAsync("manifests/multi")).Is(200).Body);
    }

    [Theory, Engines]
    public async Task Deleting_an_index_leaves_its_children(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var child = await repository.PushImageAsync();
        var index = await repository.PushAsync(Documents.Index(child.Descriptor()), "multi");

        (await repository.DeleteAsync($"manifests/{index.Digest}")).Is(202);

        Assert.Equal(child.Content, (await repository.GetAsync($"manifests/{child.Digest}")).Is(200).Body);
    }

    [Theory, Engines]
    public async Task A_deleted_manifest_comes_back_with_a_push(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var image = await repository.PushImageAsync("v1");
        (await repository.DeleteAsync($"manifests/{image.Digest}")).Is(202);

        (await repository.PutManifestAsync(image.Digest, image.Content, image.MediaType)).Is(201);

        Assert.Equal(image.Content, (await repository.GetAsync($"manifests/{image.Digest}")).Is(200).Body);
        (await repository.GetAsync("manifests/v1")).IsError(404, "MANIFEST_UNKNOWN");
        Assert.Empty((await repository.GetAsync("tags/list")).Is(200).Strings("tags"));
    }

    [Theory, Engines]
    public async Task A_repository_whose_manifests_are_deleted_is_still_known(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var image = await repository.PushImageAsync("v1");

        (await repository.DeleteAsync($"manifests/{image.Digest}")).Is(202);

        Assert.Empty((await repository.GetAsync("tags/list")).Is(200).Strings("tags"));
        (await repository.GetAsync("manifests/v1")).IsError(404, "MANIFEST_UNKNOWN");
    }

    [Theory, Engines]
    public async Task Of_many_that_delete_one_manifest_at_once_exactly_one_succeeds(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var image = await repository.PushImageAsync("v1");

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => repository.DeleteAsync($"manifests/{image.Digest}")));

        Assert.Single(answers, answer => answer.Status == 202);
        Assert.All(answers, answer => Assert.Contains(answer.Status, new[] { 202, 404 }));
    }
}
