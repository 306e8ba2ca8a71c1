using Registry.Tests.Exchanges.Libraries;
using Registry.Tests.Wire;

namespace Registry.Tests.Exchanges;

/// <summary>regctl: anonymous mounts, uploads in chunks that recover, tags deleted by name, referrers of both kinds.</summary>
public sealed class RegctlTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    private const string UserAgent = "regclient/regctl (v0.9.2)";
    private const int ChunkSize = 1 << 20;
    private const string SbomType = "application/vnd.example.sbom+json";

    [Theory, Engines]
    public async Task An_image_is_pushed_looked_at_and_pulled(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var repository = new Regclient(go, GoClient.NewName());
        var image = Image.Random();

        (await repository.HeadManifestAsync("1")).Is("404 Not Found");
        await repository.PutImageAsync(image, "1");

        (await repository.HeadManifestAsync("1")).IsHeadOf(Content.Manifest(image));
        (await repository.GetManifestAsync(image.Digest)).IsManifest(Content.Manifest(image));
        foreach (var blob in Content.Blobs(image))
        {
            (await repository.HeadBlobAsync(blob.Digest)).IsHeadOfBlob(blob);
            await repository.GetBlobAsync(blob);
        }
    }

    [Theory, Engines]
    public async Task Standard_input_is_sent_in_chunks_of_a_mebibyte_and_closed_with_its_digest(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var repository = new Regclient(go, GoClient.NewName());
        var blob = Content.Random("", (2 * ChunkSize) + 12_345);

        var location = await repository.StartAsync();
        var sent = 0;
        foreach (var chunk in blob.Bytes.Chunk(ChunkSize))
        {
            location = (await repository.PatchAsync(location, chunk, sent)).IsUploadAccepted(repository.Name, sent += chunk.Length);
        }

        await repository.CloseAsync(location, blob.Digest);
        await repository.GetBlobAsync(blob);
    }

    [Theory, Engines]
    public async Task A_chunk_out_of_place_is_recovered_from_by_the_headers_of_the_416(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var repository = new Regclient(go, GoClient.NewName());
        var blob = Content.Random("", 3000);
        var location = await repository.StartAsync();
        location = (await repository.PatchAsync(location, blob.Bytes[..1000], 0)).IsUploadAccepted(repository.Name, 1000);

        var refused = await repository.PatchAsync(location, blob.Bytes[2000..], 2000);

        refused.IsError("416 Range Not Satisfiable", "BLOB_UPLOAD_INVALID");
        location = refused.IsUpload(repository.Name, 1000);
        (await repository.StatusAsync(location)).Is("204 No Content").IsUpload(repository.Name, 1000);
        location = (await repository.PatchAsync(location, blob.Bytes[1000..], 1000)).IsUploadAccepted(repository.Name, 3000);
        await repository.CloseAsync(location, blob.Digest);
        await repository.GetBlobAsync(blob);
    }

    [Theory, Engines]
    public async Task A_chunk_sent_twice_is_not_stored_twice(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var repository = new Regclient(go, GoClient.NewName());
        var blob = Content.Random("", 2000);
        var location = await repository.StartAsync();
        location = (await repository.PatchAsync(location, blob.Bytes[..1000], 0)).IsUploadAccepted(repository.Name, 1000);

        location = (await repository.PatchAsync(location, blob.Bytes[..1000], 0)).Is("416 Range Not Satisfiable").IsUpload(repository.Name, 1000);

        location = (await repository.PatchAsync(location, blob.Bytes[1000..], 1000)).IsUploadAccepted(repository.Name, 2000);
        await repository.CloseAsync(location, blob.Digest);
    }

    [Theory, Engines]
    public async Task Copy_mounts_from_the_source_and_gives_up_the_session_of_a_mount_that_failed(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var source = new Regclient(go, GoClient.NewName("dev"));
        var target = new Regclient(go, GoClient.NewName("release"));
        var image = Image.Random();
        await source.PutImageAsync(image, "1");

        foreach (var blob in Content.Blobs(image))
        {
            (await target.HeadBlobAsync(blob.Digest)).Is("404 Not Found");
            (await target.MountAsync(blob.Digest, source.Name)).IsBlobCreated(target.Name, blob.Digest);
        }

        var session = (await target.MountAsync(Content.Random("").Digest, source.Name)).IsUploadAccepted(target.Name);
        (await target.CancelAsync(session)).Is("204 No Content");
        (await target.StatusAsync(session)).IsError("404 Not Found", "BLOB_UPLOAD_UNKNOWN");
        await target.PutManifestAsync(Content.Manifest(image), "1");
        (await target.GetManifestAsync("1")).IsManifest(Content.Manifest(image));
    }

    [Theory, Engines]
    public async Task A_blob_that_some_repository_has_is_mounted_without_naming_it(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var source = new Regclient(go, GoClient.NewName("dev"));
        var target = new Regclient(go, GoClient.NewName("release"));
        var blob = Content.Random("");
        await source.PutBlobAsync(blob);

        (await target.MountAsync(blob.Digest)).IsBlobCreated(target.Name, blob.Digest);

        await target.GetBlobAsync(blob);
    }

    [Theory, Engines]
    public async Task A_tag_is_deleted_by_its_name_without_a_dummy_manifest(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var repository = new Regclient(go, GoClient.NewName());
        var image = Image.Random();
        await repository.PutImageAsync(image, "1");
        await repository.PutManifestAsync(Content.Manifest(image), "2");

        (await repository.DeleteManifestAsync("1")).IsDeleted();

        Assert.Equal(["2"], (await repository.TagsAsync()).Is("200 OK").Strings("tags"));
        (await repository.HeadManifestAsync("1")).Is("404 Not Found");
        (await repository.GetManifestAsync(image.Digest)).IsManifest(Content.Manifest(image));
        (await repository.DeleteManifestAsync("1")).IsError("404 Not Found", "MANIFEST_UNKNOWN");
    }

    [Theory, Engines]
    public async Task Tags_and_repositories_are_listed(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var repository = new Regclient(go, GoClient.NewName());
        var image = Image.Random();
        await repository.PutImageAsync(image, "a");
        await repository.PutManifestAsync(Content.Manifest(image), "b");

        var tags = (await repository.TagsAsync("?last=a&n=1")).Is("200 OK").Has("Content-Type", "application/json");
        Assert.Equal((repository.Name, "b"), ((string)tags.Json()["name"]!, Assert.Single(tags.Strings("tags"))));
        var catalog = (await go.GetAsync("/v2/_catalog", ("Accept", "application/json"))).Is("200 OK").Has("Content-Type", "application/json");
        Assert.Contains(repository.Name, catalog.Strings("repositories"));
    }

    [Theory, Engines]
    public async Task An_artifact_with_a_subject_is_listed_and_filtered(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var repository = new Regclient(go, GoClient.NewName());
        var image = Image.Random();
        await repository.PutImageAsync(image, "1");
        await repository.PutBlobAsync(AttestedImage.EmptyConfig);
        var sbom = new Content(Oci.ImageManifest(Oci.Empty, [Oci.Empty], SbomType, image.Descriptor), Oci.ManifestType);

        (await repository.HeadManifestAsync("1")).IsHeadOf(Content.Manifest(image));
        await repository.PutManifestAsync(sbom, subject: image.Digest);

        Assert.Equal(sbom.Digest, (string?)Assert.Single((await repository.ReferrersAsync(image.Digest)).IsReferrers())["digest"]);
        var filtered = await repository.ReferrersAsync(image.Digest, $"?artifactType={GoClient.Escape(SbomType)}");
        Assert.Equal(sbom.Digest, (string?)Assert.Single(filtered.IsReferrers(filtered: true))["digest"]);
    }

    [Theory, Engines]
    public async Task Digest_tags_are_found_by_listing_and_copied_like_others(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var repository = new Regclient(go, GoClient.NewName());
        var (image, signature) = (Image.Random(), Image.Random(layers: 1));
        await repository.PutImageAsync(image, "1");
        var tag = $"{image.Digest.Replace(':', '-')}.sig";
        await repository.PutImageAsync(signature, tag);

        Assert.Equal(["1", tag], (await repository.TagsAsync()).Is("200 OK").Strings("tags"));
        (await repository.GetManifestAsync(tag)).IsManifest(Content.Manifest(signature));
    }

    [Theory, Engines]
    public async Task The_extension_of_old_versions_is_not_offered(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var repository = new Regclient(go, GoClient.NewName());

        (await go.GetAsync($"/v2/{repository.Name}/_oci/artifacts/referrers?digest={GoClient.Escape(Content.Random("").Digest)}"))
            .IsError("404 Not Found", "UNSUPPORTED");
    }

    [Theory, Engines]
    public async Task A_copy_of_one_platform_is_taken_where_sparse_indexes_are_allowed(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine, ("Manifests:Sparse", "true"));
        await using var go = new GoClient(app.Address, UserAgent);
        var repository = new Regclient(go, GoClient.NewName());
        var (here, elsewhere) = (Image.Random(), Image.Random(architecture: "arm64"));
        var index = new Content(Oci.Index([here.Descriptor, elsewhere.Descriptor]), Oci.IndexType);
        await repository.PutImageAsync(here);

        await repository.PutManifestAsync(index, "1");

        (await repository.GetManifestAsync("1")).IsManifest(index);
        (await repository.GetManifestAsync(here.Digest)).IsManifest(Content.Manifest(here));
        (await repository.GetManifestAsync(elsewhere.Digest)).IsError("404 Not Found", "MANIFEST_UNKNOWN");
    }

    [Theory, Engines]
    public async Task Elsewhere_a_copy_of_one_platform_is_refused_with_what_is_missing(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var repository = new Regclient(go, GoClient.NewName());
        var (here, elsewhere) = (Image.Random(), Image.Random(architecture: "arm64"));
        var index = new Content(Oci.Index([here.Descriptor, elsewhere.Descriptor]), Oci.IndexType);
        await repository.PutImageAsync(here);

        var error = (await repository.SendManifestAsync(index, "1")).IsError("400 Bad Request", "MANIFEST_BLOB_UNKNOWN");

        Assert.Equal(elsewhere.Digest, (string?)error["detail"]);
    }

    private async Task<GoClient> ConnectAsync(Engine engine) => new((await registry.AppAsync(engine)).Address, UserAgent);
}
