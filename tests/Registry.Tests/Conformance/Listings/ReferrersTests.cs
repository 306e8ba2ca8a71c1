using System.Text.Json.Nodes;
using Registry.Tests.Wire;

namespace Registry.Tests.Conformance.Listings;

/// <summary>distribution-spec end-12: what points at a manifest.</summary>
public sealed class ReferrersTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    [Theory, Engines]
    public async Task Nothing_known_is_an_empty_index_even_in_an_unknown_repository(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);

        // oras probes with the digest of zeros.
        await AssertEmptyAsync(repository, "sha256:" + new string('0', 64));
        await AssertEmptyAsync(repository, RepositoryWire.DigestOf("x"u8, "sha512"));

        await repository.PushImageAsync("v1");
        await AssertEmptyAsync(repository, "sha256:" + new string('0', 64));
    }

    [Theory, Engines]
    public async Task HEAD_has_the_headers_of_GET(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var path = $"referrers/{RepositoryWire.DigestOf("x"u8)}";
        var length = (await repository.GetAsync(path)).Is(200).Body.Length;

        (await repository.HeadAsync(path)).Is(200).Has("Content-Type", Oci.IndexType).Has("Content-Length", $"{length}");
    }

    [Theory, Engines("sha256:short"), Engines("latest"), Engines("sha256:"), Engines(":abc")]
    public async Task A_malformed_digest_is_400(Engine engine, string digest)
    {
        var repository = await registry.RepositoryAsync(engine);

        (await repository.GetAsync($"referrers/{digest}")).IsError(400, "DIGEST_INVALID");
    }

    [Theory, Engines]
    public async Task The_descriptor_carries_type_size_artifact_type_and_annotations(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var subject = await repository.PushImageAsync("v1");
        var annotations = new JsonObject { ["org.opencontainers.image.created"] = "2026-01-05T10:00:00Z", ["org.example"] = "1" };
        var referrer = await ReferAsync(repository, subject, "application/vnd.example.sbom.v1", annotations);

        var descriptor = Assert.Single((await repository.GetAsync($"referrers/{subject.Digest}")).Is(200).Json()["manifests"]!.AsArray())!;

        Assert.True(JsonNode.DeepEquals(
            referrer.Descriptor().With("artifactType", "application/vnd.example.sbom.v1").With("annotations", annotations.DeepClone()), descriptor), descriptor.ToJsonString());
    }

    [Theory, Engines]
    public async Task An_image_without_an_artifact_type_is_listed_with_that_of_its_config_and_an_index_with_none(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var subject = await repository.PushImageAsync("v1");
        var image = await repository.PushAsync((await repository.ImageOfFreshBlobsAsync()).With("subject", subject.Descriptor()));
        var index = await repository.PushAsync(Documents.Index().With("subject", subject.Descriptor()));

        var listed = (await ListAsync(repository, subject)).ToDictionary(d => (string)d["digest"]!);

        Assert.Equal(Oci.ConfigType, (string?)listed[image.Digest]["artifactType"]);
        Assert.False(listed[index.Digest].ContainsKey("artifactType"));
        Assert.False(listed[index.Digest].ContainsKey("annotations"));
    }

    [Theory, Engines]
    public async Task A_filter_keeps_one_artifact_type_and_says_so_even_when_nothing_is_left(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var subject = await repository.PushImageAsync("v1");
        var sbom = await ReferAsync(repository, subject, "application/vnd.example.sbom+json");
        await ReferAsync(repository, subject, "application/vnd.example.signature");

        Assert.Equal([sbom.Digest], await DigestsAsync(repository, subject, "?artifactType=application%2Fvnd.example.sbom%2Bjson", "artifactType"));
        Assert.Empty(await DigestsAsync(repository, subject, "?artifactType=application/vnd.example.nothing", "artifactType"));
    }

    [Theory, Engines]
    public async Task A_filter_without_a_type_is_not_applied_and_not_said_to_be(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var subject = await repository.PushImageAsync("v1");
        var sbom = await ReferAsync(repository, subject, "application/vnd.example.sbom");

        Assert.Equal([sbom.Digest], await DigestsAsync(repository, subject, "?artifactType=", applied: null));
    }

    [Theory, Engines]
    public async Task Several_filters_are_alternatives(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var subject = await repository.PushImageAsync("v1");
        var one = await ReferAsync(repository, subject, "application/vnd.example.one");
        var two = await ReferAsync(repository, subject, "application/vnd.example.two");
        await ReferAsync(repository, subject, "application/vnd.example.three");

        var found = await DigestsAsync(repository, subject, "?artifactType=application/vnd.example.one&artifactType=application/vnd.example.two", "artifactType");

        Assert.Equal(new[] { one.Digest, two.Digest }.Order(), found.Order());
    }

    [Theory, Engines]
    public async Task Referrers_come_in_pages(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var subject = await repository.PushImageAsync("v1");
        var pushed = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            pushed.Add((await ReferAsync(repository, subject, "application/vnd.example.sbom")).Digest);
            await ReferAsync(repository, subject, "application/vnd.example.other");
        }

        var pages = new List<int>();
        var found = new List<string>();
        for (var next = repository.At($"referrers/{subject.Digest}?n=2&artifactType=application%2Fvnd.example.sbom"); next is not null;)
        {
            var answer = (await repository.Http.SendAsync("GET", next)).Is(200).Has("Content-Type", Oci.IndexType).Has("OCI-Filters-Applied", "artifactType");
            found.AddRange(answer.Json()["manifests"]!.AsArray().Select(d => (string)d!["digest"]!));
            pages.Add(answer.Json()["manifests"]!.AsArray().Count);
            next = Paging.Next(answer);
        }

        Assert.Equal([2, 2, 1], pages);
        Assert.Equal(pushed.Order(), found.Order());
    }

    [Theory, Engines]
    public async Task A_page_of_referrers_stays_below_the_4_MiB_that_clients_read(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var subject = await repository.PushImageAsync("v1");
        var pushed = new List<string>();
        for (var i = 0; i < 6; i++)
        {
            var annotations = new JsonObject { ["padding"] = new string((char)('a' + i), 1_000_000) };
            pushed.Add((await ReferAsync(repository, subject, "application/vnd.example.sbom", annotations)).Digest);
        }

        var found = new List<string>();
        for (var next = repository.At($"referrers/{subject.Digest}"); next is not null;)
        {
            var answer = (await repository.Http.SendAsync("GET", next)).Is(200);
            Assert.InRange(answer.Body.Length, 0, 4 << 20);
            found.AddRange(answer.Json()["manifests"]!.AsArray().Select(d => (string)d!["digest"]!));
            next = Paging.Next(answer);
        }

        Assert.Equal(pushed.Order(), found.Order());
    }

    [Theory, Engines]
    public async Task A_deleted_referrer_is_gone_from_the_list(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var subject = await repository.PushImageAsync("v1");
        var first = await ReferAsync(repository, subject, "application/vnd.example.one");
        var second = await ReferAsync(repository, subject, "application/vnd.example.two");

        (await repository.DeleteAsync($"manifests/{first.Digest}")).Is(202);

        Assert.Equal([second.Digest], await DigestsAsync(repository, subject));
    }

    [Theory, Engines]
    public async Task Referrers_outlive_their_subject(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var subject = await repository.PushImageAsync("v1");
        var referrer = await ReferAsync(repository, subject, "application/vnd.example.one");

        (await repository.DeleteAsync($"manifests/{subject.Digest}")).Is(202);

        Assert.Equal([referrer.Digest], await DigestsAsync(repository, subject));
        (await repository.HeadAsync($"manifests/{referrer.Digest}")).Is(200);
    }

    [Theory, Engines]
    public async Task Referrers_of_another_repository_are_not_listed(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var subject = await repository.PushImageAsync("v1");
        await ReferAsync(repository.Sibling("/other"), subject, "application/vnd.example.one");

        Assert.Empty(await DigestsAsync(repository, subject));
    }

    [Theory, Engines]
    public async Task A_subject_in_a_Docker_manifest_means_nothing(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var subject = await repository.PushImageAsync("v1");
        var content = (await repository.ImageOfFreshBlobsAsync()).With("mediaType", Oci.DockerManifestType).With("subject", subject.Descriptor()).Bytes();

        (await repository.PutManifestAsync("v2", content, Oci.DockerManifestType)).Is(201).Has("OCI-Subject", null);

        Assert.Empty(await DigestsAsync(repository, subject));
    }

    [Theory, Engines]
    public async Task A_fallback_tag_is_an_ordinary_tag(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var subject = await repository.PushImageAsync("v1");
        var tag = subject.Digest.Replace(':', '-');
        await repository.PushAsync(Documents.Index(), tag);

        Assert.Equal([tag, "v1"], (await repository.GetAsync("tags/list")).Strings("tags"));
        Assert.Empty(await DigestsAsync(repository, subject));
    }

    private static async Task<Pushed> ReferAsync(RepositoryWire repository, Pushed subject, string artifactType, JsonObject? annotations = null)
    {
        await repository.PushBlobAsync(Oci.EmptyContent);
        var layer = Oci.RandomBytes(9);
        await repository.PushBlobAsync(layer);
        var document = Documents.Artifact(artifactType, "sha256", Documents.Describe("text/plain", layer)).With("subject", subject.Descriptor());
        return await repository.PushAsync(annotations is null ? document : document.With("annotations", annotations));
    }

    private static async Task<List<JsonObject>> ListAsync(RepositoryWire repository, Pushed subject, string query = "", string? applied = null)
    {
        var answer = (await repository.GetAsync($"referrers/{subject.Digest}{query}")).Is(200).Has("Content-Type", Oci.IndexType).Has("OCI-Filters-Applied", applied);
        return [.. answer.Json()["manifests"]!.AsArray().Select(d => d!.AsObject())];
    }

    private static async Task<List<string>> DigestsAsync(RepositoryWire repository, Pushed subject, string query = "", string? applied = null) =>
        [.. (await ListAsync(repository, subject, query, applied)).Select(d => (string)d["digest"]!)];

    private static async Task AssertEmptyAsync(RepositoryWire repository, string digest)
    {
        var answer = (await repository.GetAsync($"referrers/{digest}")).Is(200).Has("Content-Type", Oci.IndexType).Has("OCI-Filters-Applied", null);
        Assert.Equal(2, (int)answer.Json()["schemaVersion"]!);
        Assert.Equal(Oci.IndexType, (string?)answer.Json()["mediaType"]);
        Assert.Empty(answer.Json()["manifests"]!.AsArray());
    }
}
