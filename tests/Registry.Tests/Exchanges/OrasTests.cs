using System.Text.Json.Nodes;
using Registry.Tests.Exchanges.Libraries;
using Registry.Tests.Wire;

namespace Registry.Tests.Exchanges;

/// <summary>oras: attach and discover through the referrers API, and the tag of referrers that it keeps where told to.</summary>
[OnS3]
public sealed class OrasTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    private const string UserAgent = "oras/1.3.0";
    private const string SbomType = "application/vnd.example.sbom+json";
    private const string ScanType = "application/vnd.example.scan";

    [Theory, Engines]
    public async Task Attach_is_answered_with_the_subject_and_discover_finds_it(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var (repository, image) = await PushSubjectAsync(go);
        (await repository.ResolveAsync("v1")).IsHeadOf(Content.Manifest(image));
        var (sbom, files) = Artifact(image, SbomType);

        await repository.PushGraphAsync(sbom, files, subject: image.Digest);
        var (scan, reports) = Artifact(image, ScanType);
        (await repository.ExistsAsync(AttestedImage.EmptyConfig)).IsHeadOfBlob(AttestedImage.EmptyConfig);
        await repository.PushGraphAsync(scan, [reports[0]], subject: image.Digest);

        var listed = (await repository.ReferrersAsync(image.Digest)).IsReferrers();
        Assert.Equal(new[] { sbom.Digest, scan.Digest }.Order(), listed.Select(entry => (string)entry["digest"]!).Order());
        var found = Assert.Single((await repository.ReferrersAsync(image.Digest, SbomType)).IsReferrers(filtered: true));
        Assert.True(JsonNode.DeepEquals(Referrer(sbom, SbomType), found), found.ToJsonString());
        Assert.Empty((await repository.ReferrersAsync(image.Digest, "application/vnd.example.none")).IsReferrers(filtered: true));
        await repository.FetchManifestAsync(sbom);
        await repository.FetchBlobAsync(files[0]);
    }

    [Theory, Engines]
    public async Task Discover_goes_on_to_what_refers_to_a_referrer(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var (repository, image) = await PushSubjectAsync(go);
        var (sbom, files) = Artifact(image, SbomType);
        await repository.PushGraphAsync(sbom, files, subject: image.Digest);
        var signature = new Content(Oci.ImageManifest(Oci.Empty, [Oci.Empty], ScanType, sbom.Descriptor), Oci.ManifestType);
        await repository.PushGraphAsync(signature, [], subject: sbom.Digest);

        Assert.Equal(sbom.Digest, (string?)Assert.Single((await repository.ReferrersAsync(image.Digest)).IsReferrers())["digest"]);
        Assert.Equal(signature.Digest, (string?)Assert.Single((await repository.ReferrersAsync(sbom.Digest)).IsReferrers())["digest"]);
        Assert.Empty((await repository.ReferrersAsync(signature.Digest)).IsReferrers());
    }

    [Theory, Engines]
    public async Task The_probe_with_the_digest_of_zeros_says_that_the_api_is_there(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var (repository, _) = await PushSubjectAsync(go);
        var zeros = "sha256:" + new string('0', 64);

        Assert.Empty((await repository.ReferrersAsync(zeros)).IsReferrers());
        Assert.Empty((await new OrasGo(go, GoClient.NewName()).ReferrersAsync(zeros)).IsReferrers());
    }

    [Theory, Engines]
    public async Task Referrers_are_paged_by_n_beside_the_filter(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var (repository, image) = await PushSubjectAsync(go);
        await repository.PushBlobAsync(AttestedImage.EmptyConfig);
        var pushed = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            var (sbom, files) = Artifact(image, SbomType);
            await repository.PushGraphAsync(sbom, [files[0]], subject: image.Digest);
            var (scan, reports) = Artifact(image, ScanType);
            await repository.PushGraphAsync(scan, [reports[0]], subject: image.Digest);
            pushed.Add(sbom.Digest);
        }

        var pages = new List<int>();
        var found = new List<string>();
        for (var next = $"/v2/{repository.Name}/referrers/{image.Digest}?artifactType={GoClient.Escape(SbomType)}&n=2"; next is not null;)
        {
            var page = await go.GetAsync(next);
            found.AddRange(page.IsReferrers(filtered: true).Select(entry => (string)entry["digest"]!));
            pages.Add(page.Json()["manifests"]!.AsArray().Count);
            next = page.NextPage();
        }

        Assert.Equal([2, 1], pages);
        Assert.Equal(pushed.Order(), found.Order());
    }

    [Theory, Engines]
    public async Task The_tag_of_referrers_is_kept_by_reading_replacing_and_deleting_the_index_before(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var (repository, image) = await PushSubjectAsync(go);
        var tag = image.Digest.Replace(':', '-');
        var (sbom, files) = Artifact(image, SbomType);
        await repository.PushGraphAsync(sbom, files, subject: image.Digest);
        (await repository.FetchReferenceAsync(tag)).IsError("404 Not Found", "MANIFEST_UNKNOWN");
        var first = FallbackIndex((sbom, SbomType));
        await repository.PushManifestAsync(first, tag);

        var (scan, reports) = Artifact(image, ScanType);
        await repository.PushGraphAsync(scan, [reports[0]], subject: image.Digest);
        (await repository.FetchReferenceAsync(tag)).IsManifest(first);
        var second = FallbackIndex((sbom, SbomType), (scan, ScanType));
        await repository.PushManifestAsync(second, tag);
        await repository.DeleteAsync(first);

        // The tag has moved before its old index went, and what both name has stayed.
        (await repository.FetchReferenceAsync(tag)).IsManifest(second);
        await repository.FetchManifestAsync(sbom);
        Assert.Equal(2, (await repository.ReferrersAsync(image.Digest)).IsReferrers().Count);
    }

    [Theory, Engines]
    public async Task Deleting_an_attached_artifact_takes_it_from_the_list(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var (repository, image) = await PushSubjectAsync(go);
        var (sbom, files) = Artifact(image, SbomType);
        await repository.PushGraphAsync(sbom, files, subject: image.Digest);

        (await repository.ResolveAsync(sbom.Digest)).IsHeadOf(sbom);
        await repository.FetchManifestAsync(sbom);
        await repository.DeleteAsync(sbom);

        Assert.Empty((await repository.ReferrersAsync(image.Digest)).IsReferrers());
        (await go.DeleteAsync($"/v2/{repository.Name}/manifests/{sbom.Digest}")).IsError("404 Not Found", "MANIFEST_UNKNOWN");
    }

    [Theory, Engines]
    public async Task Copy_mounts_or_uploads_and_tags_what_it_has_fetched(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var (source, image) = await PushSubjectAsync(go);
        var target = new OrasGo(go, GoClient.NewName("release"));
        (await source.FetchReferenceAsync("v1")).IsManifest(Content.Manifest(image));
        foreach (var blob in Content.Blobs(image).Skip(1))
        {
            (await target.ExistsAsync(blob)).Is("404 Not Found");
            (await target.MountAsync(blob, source.Name)).IsBlobCreated(target.Name, blob.Digest);
        }

        var last = Content.Blobs(image).First();
        await target.FinishAsync((await target.MountAsync(last, "dev/gone")).IsUploadAccepted(target.Name), last);
        await target.PushManifestAsync(Content.Manifest(image), "v1");
        await target.TagAsync(Content.Manifest(image), "latest");

        Assert.Equal(["latest", "v1"], (await target.TagsAsync()).Tags);
    }

    [Theory, Engines]
    public async Task A_blob_is_read_on_from_any_place(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var repository = new OrasGo(go, GoClient.NewName());
        var file = Content.Random("application/zip", 200_000);
        await repository.PushBlobAsync(file);

        await repository.FetchBlobAsync(file);
        await repository.SeekBlobAsync(file, 123_456);
        await repository.SeekBlobAsync(file, 0);
    }

    [Theory, Engines]
    public async Task Tags_and_repositories_are_listed_in_pages(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var (repository, image) = await PushSubjectAsync(go);
        foreach (var tag in new[] { "a", "B", "v1.0", "v10" })
        {
            await repository.TagAsync(Content.Manifest(image), tag);
        }

        // Byte order: capitals come before small letters.
        Assert.Equal((["B", "a", "v1", "v1.0", "v10"], 3), await repository.TagsAsync("?n=2"), TagsEqual);
        Assert.Equal((["v1.0", "v10"], 1), await repository.TagsAsync("?last=v1"), TagsEqual);
        Assert.Contains(repository.Name, (await go.GetAsync("/v2/_catalog")).Is("200 OK").Strings("repositories"));
    }

    private static bool TagsEqual((List<string> Tags, int Pages) expected, (List<string> Tags, int Pages) actual) =>
        expected.Pages == actual.Pages && expected.Tags.SequenceEqual(actual.Tags);

    private static async Task<(OrasGo Repository, Image Subject)> PushSubjectAsync(GoClient go)
    {
        var repository = new OrasGo(go, GoClient.NewName());
        var image = Image.Random();
        await repository.PushGraphAsync(Content.Manifest(image), Content.Blobs(image), "v1");
        return (repository, image);
    }

    // A file with its title, and the empty config.
    private static (Content Manifest, Content[] Blobs) Artifact(Image subject, string artifactType)
    {
        var file = Content.Random("application/json");
        var layer = file.Descriptor with { Annotations = new Dictionary<string, string> { ["org.opencontainers.image.title"] = "sbom.json" } };
        var manifest = Oci.ImageManifest(Oci.Empty with { Data = "e30=" }, [layer], artifactType, subject.Descriptor, Created);
        return (new Content(manifest, Oci.ManifestType), [file, AttestedImage.EmptyConfig]);
    }

    private static Dictionary<string, string> Created => new() { ["org.opencontainers.image.created"] = "2026-01-05T10:00:00Z" };

    private static JsonObject Referrer(Content artifact, string artifactType) => new()
    {
        ["mediaType"] = artifact.MediaType,
        ["digest"] = artifact.Digest,
        ["size"] = artifact.Bytes.Length,
        ["artifactType"] = artifactType,
        ["annotations"] = new JsonObject(Created.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value))),
    };

    private static Content FallbackIndex(params IEnumerable<(Content Manifest, string Type)> referrers) => new(
        Oci.Index(referrers.Select(referrer => referrer.Manifest.Descriptor with { ArtifactType = referrer.Type, Annotations = Created })), Oci.IndexType);

    private async Task<GoClient> ConnectAsync(Engine engine) => new((await registry.AppAsync(engine)).DirectAddress, UserAgent);
}
