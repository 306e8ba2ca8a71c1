using System.Text.Json.Nodes;
using Registry.Tests.Wire;

namespace Registry.Tests.Conformance.Manifests;

/// <summary>What has to be in the repository before a manifest that names it.</summary>
[OnS3]
public sealed class ReferencedContentTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    [Theory, Engines]
    public async Task Every_missing_blob_is_named_once_in_an_entry_of_its_own(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var document = await repository.ImageOfFreshBlobsAsync();
        string[] missing = [.. Enumerable.Range(0, 3).Select(_ => RepositoryWire.DigestOf(Oci.RandomBytes(9)))];
        foreach (var digest in missing.Append(missing[1]))
        {
            document["layers"]!.AsArray().Add(Documents.Descriptor(Documents.LayerType, digest, 9));
        }

        var answer = (await repository.PutManifestAsync("v1", document.Bytes(), Oci.ManifestType)).IsError(400, "MANIFEST_BLOB_UNKNOWN");

        Assert.Equal(3, answer.Errors().Count);
        Assert.All(answer.Errors(), error => Assert.Equal("MANIFEST_BLOB_UNKNOWN", (string?)error["code"]));
        Assert.Equal(missing.Order(), answer.Errors().Select(error => missing.Single(digest => error["detail"]!.ToJsonString().Contains(digest, StringComparison.Ordinal))).Order());
        (await repository.HeadAsync("manifests/v1")).Is(404);
    }

    [Theory, Engines]
    public async Task A_missing_config_is_MANIFEST_BLOB_UNKNOWN(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var document = (await repository.ImageOfFreshBlobsAsync()).With("config", Documents.Describe(Oci.ConfigType, Oci.RandomBytes(9)));

        (await repository.PutManifestAsync("v1", document.Bytes(), Oci.ManifestType)).IsError(400, "MANIFEST_BLOB_UNKNOWN");
    }

    [Theory, Engines]
    public async Task Even_the_empty_JSON_object_has_to_be_pushed(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = Documents.Artifact("application/vnd.example", "sha256").Bytes();

        (await repository.PutManifestAsync("v1", content, Oci.ManifestType)).IsError(400, "MANIFEST_BLOB_UNKNOWN");

        await repository.PushBlobAsync(Oci.EmptyContent);
        (await repository.PutManifestAsync("v1", content, Oci.ManifestType)).Is(201);
    }

    [Theory, Engines]
    public async Task A_blob_of_another_repository_does_not_count(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var document = await repository.Sibling("/other").ImageOfFreshBlobsAsync();
        await repository.PushBlobAsync(Oci.RandomBytes(1));

        (await repository.PutManifestAsync("v1", document.Bytes(), Oci.ManifestType)).IsError(400, "MANIFEST_BLOB_UNKNOWN");
    }

    [Theory, Engines]
    public async Task A_manifest_that_was_refused_is_taken_once_its_blobs_are_there(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var document = await repository.ImageOfFreshBlobsAsync();
        var late = Oci.RandomBytes(9);
        document["layers"]!.AsArray().Add(Documents.Describe(Documents.LayerType, late));
        (await repository.PutManifestAsync("v1", document.Bytes(), Oci.ManifestType)).Is(400);

        await repository.PushBlobAsync(late);

        (await repository.PutManifestAsync("v1", document.Bytes(), Oci.ManifestType)).Is(201);
    }

    [Theory, Engines]
    public async Task A_missing_child_of_an_index_is_MANIFEST_BLOB_UNKNOWN(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var child = await repository.PushImageAsync();
        string[] missing = [RepositoryWire.DigestOf(Oci.RandomBytes(9)), RepositoryWire.DigestOf(Oci.RandomBytes(9))];
        var index = Documents.Index([child.Descriptor(), .. missing.Select(digest => Documents.Descriptor(Oci.ManifestType, digest, 700))]);

        var answer = (await repository.PutManifestAsync("multi", index.Bytes(), Oci.IndexType)).IsError(400, "MANIFEST_BLOB_UNKNOWN");

        Assert.Equal(2, answer.Errors().Count);
        Assert.All(missing, digest => Assert.Contains(digest, answer.Text, StringComparison.Ordinal));
    }

    [Theory, Engines]
    public async Task A_deleted_child_is_a_missing_child(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var child = await repository.PushImageAsync();
        (await repository.DeleteAsync($"manifests/{child.Digest}")).Is(202);

        (await repository.PutManifestAsync("multi", Documents.Index(child.Descriptor()).Bytes(), Oci.IndexType)).IsError(400, "MANIFEST_BLOB_UNKNOWN");
    }

    [Theory, Engines]
    public async Task Entries_of_an_index_that_are_no_manifests_are_blobs(Engine engine)
    {
        // The registry cache of BuildKit: an index over layers and a cache configuration, none with a platform.
        var repository = await registry.RepositoryAsync(engine);
        var (layer, config) = (Oci.RandomBytes(3400), Oci.RandomBytes(900));
        var cache = Documents.Index(
            Documents.Describe(Documents.LayerType, layer).With("annotations", new JsonObject { ["buildkit/createdat"] = "2026-01-05T10:00:00Z" }),
            Documents.Describe("application/vnd.buildkit.cacheconfig.v0", config));
        (await repository.PutManifestAsync("cache", cache.Bytes(), Oci.IndexType)).IsError(400, "MANIFEST_BLOB_UNKNOWN");

        await repository.PushBlobAsync(layer);
        await repository.PushBlobAsync(config);
        await repository.PushAsync(cache, "cache");

        Assert.Equal(cache.Bytes(), (await repository.GetAsync("manifests/cache")).Is(200).Has("Content-Type", Oci.IndexType).Body);
        (await repository.DeleteAsync($"blobs/{RepositoryWire.DigestOf(layer)}")).IsError(405, "UNSUPPORTED");
    }

    [Theory]
    [Engines(Oci.DockerForeignLayerType, true)]
    [Engines("application/vnd.oci.image.layer.nondistributable.v1.tar", false)]
    [Engines("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", true)]
    [Engines("application/vnd.oci.image.layer.nondistributable.v1.tar+zstd", true)]
    public async Task A_foreign_layer_need_not_be_pushed(Engine engine, string type, bool urls)
    {
        var repository = await registry.RepositoryAsync(engine);
        var foreign = Documents.Descriptor(type, RepositoryWire.DigestOf(Oci.RandomBytes(9)), 1_600_000_000);
        if (urls)
        {
            foreign["urls"] = new JsonArray("https://mcr.example/v2/windows/servercore/blobs/x");
        }

        var document = await repository.ImageOfFreshBlobsAsync();
        document["layers"]!.AsArray().Insert(0, foreign);

        var pushed = await repository.PushAsync(document, "windows");

        Assert.Equal(pushed.Content, (await repository.GetAsync("manifests/windows")).Is(200).Body);
        (await repository.HeadAsync($"blobs/{foreign["digest"]}")).Is(404);
    }

    [Theory, Engines]
    public async Task A_foreign_layer_that_was_pushed_is_kept_like_any_layer(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var layer = Oci.RandomBytes(100);
        await repository.PushBlobAsync(layer);
        var document = await repository.ImageOfFreshBlobsAsync();
        document["layers"]!.AsArray().Add(Documents.Describe(Oci.DockerForeignLayerType, layer));

        await repository.PushAsync(document, "windows");

        (await repository.DeleteAsync($"blobs/{RepositoryWire.DigestOf(layer)}")).IsError(405, "UNSUPPORTED");
    }

    [Theory, Engines]
    public async Task URLs_do_not_excuse_an_ordinary_layer(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var document = await repository.ImageOfFreshBlobsAsync();
        document["layers"]!.AsArray().Add(Documents.Describe(Documents.LayerType, Oci.RandomBytes(9)).With("urls", new JsonArray("https://example.com/x")));

        (await repository.PutManifestAsync("v1", document.Bytes(), Oci.ManifestType)).IsError(400, "MANIFEST_BLOB_UNKNOWN");
    }

    [Theory, Engines]
    public async Task Inline_data_does_not_excuse_a_blob(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = Oci.RandomBytes(9);
        var document = await repository.ImageOfFreshBlobsAsync();
        document["layers"]!.AsArray().Add(Documents.Describe("text/plain", content).With("data", Convert.ToBase64String(content)));
        (await repository.PutManifestAsync("v1", document.Bytes(), Oci.ManifestType)).IsError(400, "MANIFEST_BLOB_UNKNOWN");

        await repository.PushBlobAsync(content);

        (await repository.PutManifestAsync("v1", document.Bytes(), Oci.ManifestType)).Is(201);
    }
}
