using System.Text;
using System.Text.Json.Nodes;
using Registry.Tests.Wire;

namespace Registry.Tests.Conformance.Manifests;

/// <summary>distribution-spec end-7a: PUT of manifests.</summary>
[OnS3]
public sealed class ManifestPushTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    [Theory, Engines("sha256"), Engines("sha512")]
    public async Task A_push_by_digest_answers_with_that_digest_and_where_it_is(Engine engine, string algorithm)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = (await repository.ImageOfFreshBlobsAsync(algorithm: algorithm)).Bytes();
        var digest = RepositoryWire.DigestOf(content, algorithm);

        var answer = (await repository.PutManifestAsync(digest, content, Oci.ManifestType)).Is(201);

        answer.Has("Docker-Content-Digest", digest).Has("Location", repository.At($"manifests/{digest}")).Has("Content-Length", "0")
            .Has("OCI-Subject", null);
        Assert.Equal(content, (await repository.Http.SendAsync("GET", answer.Location)).Is(200).Body);
    }

    [Theory, Engines]
    public async Task A_push_by_tag_answers_with_the_digest_and_its_URL(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = (await repository.ImageOfFreshBlobsAsync()).Bytes();
        var digest = RepositoryWire.DigestOf(content);

        var answer = (await repository.PutManifestAsync("v1", content, Oci.ManifestType)).Is(201);

        answer.Has("Docker-Content-Digest", digest).Has("Location", repository.At($"manifests/{digest}"));
        Assert.Equal(content, (await repository.Http.SendAsync("GET", answer.Location)).Is(200).Body);
    }

    [Theory, Engines]
    public async Task A_push_of_the_same_manifest_again_changes_nothing(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var image = await repository.PushImageAsync("v1");

        (await repository.PutManifestAsync("v1", image.Content, image.MediaType)).Is(201).Has("Docker-Content-Digest", image.Digest);
        (await repository.PutManifestAsync(image.Digest, image.Content, image.MediaType)).Is(201);

        Assert.Equal(["v1"], (await repository.GetAsync("tags/list")).Strings("tags"));
    }

    [Theory, Engines]
    public async Task A_tag_that_moves_leaves_the_old_manifest_at_its_digest(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var old = await repository.PushImageAsync("latest");
        var next = await repository.PushImageAsync("latest");

        (await repository.HeadAsync("manifests/latest")).Is(200).Has("Docker-Content-Digest", next.Digest);
        Assert.Equal(old.Content, (await repository.GetAsync($"manifests/{old.Digest}")).Is(200).Body);
        Assert.Equal(["latest"], (await repository.GetAsync("tags/list")).Strings("tags"));
    }

    [Theory]
    [Engines(Oci.ManifestType)]
    [Engines(Oci.DockerManifestType)]
    public async Task The_media_type_of_the_push_is_that_of_the_pull(Engine engine, string mediaType)
    {
        var repository = await registry.RepositoryAsync(engine);
        var image = await repository.PushImageAsync("v1", mediaType);

        (await repository.GetAsync("manifests/v1")).Is(200).Has("Content-Type", mediaType);
        (await repository.HeadAsync($"manifests/{image.Digest}")).Is(200).Has("Content-Type", mediaType);
    }

    [Theory, Engines]
    public async Task Parameters_of_the_content_type_are_dropped(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = (await repository.ImageOfFreshBlobsAsync()).Bytes();

        (await repository.PutManifestAsync("v1", content, Oci.ManifestType + "; charset=utf-8")).Is(201);

        (await repository.HeadAsync("manifests/v1")).Is(200).Has("Content-Type", Oci.ManifestType);
    }

    [Theory, Engines]
    public async Task Without_a_content_type_the_media_type_inside_counts(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = (await repository.ImageOfFreshBlobsAsync()).With("mediaType", Oci.DockerManifestType).Bytes();

        (await repository.PutManifestAsync("v1", content, null)).Is(201);

        (await repository.HeadAsync("manifests/v1")).Is(200).Has("Content-Type", Oci.DockerManifestType);
    }

    [Theory, Engines]
    public async Task Without_any_type_the_shape_counts(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var image = (await repository.ImageOfFreshBlobsAsync()).Without("mediaType").Bytes();
        var index = Documents.Index().Without("mediaType").Bytes();

        (await repository.PutManifestAsync("image", image, null)).Is(201);
        (await repository.PutManifestAsync("index", index, null)).Is(201);

        (await repository.HeadAsync("manifests/image")).Is(200).Has("Content-Type", Oci.ManifestType);
        (await repository.HeadAsync("manifests/index")).Is(200).Has("Content-Type", Oci.IndexType);
    }

    [Theory, Engines]
    public async Task A_manifest_without_a_media_type_inside_keeps_that_of_the_header(Engine engine)
    {
        // OCI manifests from before 1.1 have no mediaType.
        var repository = await registry.RepositoryAsync(engine);
        var content = (await repository.ImageOfFreshBlobsAsync()).Without("mediaType").Bytes();

        (await repository.PutManifestAsync("v1", content, Oci.ManifestType)).Is(201);

        Assert.Equal(content, (await repository.GetAsync("manifests/v1")).Is(200).Has("Content-Type", Oci.ManifestType).Body);
    }

    [Theory, Engines]
    public async Task White_space_and_order_of_a_manifest_are_kept(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var document = await repository.ImageOfFreshBlobsAsync();
        var content = Encoding.UTF8.GetBytes("\n\t" + document.ToJsonString(new() { WriteIndented = true }).Replace("\"layers\"", "\"l\\u0061yers\"", StringComparison.Ordinal) + " \r\n");

        (await repository.PutManifestAsync(RepositoryWire.DigestOf(content), content, Oci.ManifestType)).Is(201);

        Assert.Equal(content, (await repository.GetAsync($"manifests/{RepositoryWire.DigestOf(content)}")).Is(200).Body);
    }

    [Theory, Engines("sha256"), Engines("sha512")]
    public async Task A_manifest_under_a_digest_that_is_not_its_own_is_400(Engine engine, string algorithm)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = (await repository.ImageOfFreshBlobsAsync(algorithm: algorithm)).Bytes();
        var wrong = RepositoryWire.DigestOf(Oci.RandomBytes(9), algorithm);

        (await repository.PutManifestAsync(wrong, content, Oci.ManifestType)).IsError(400, "DIGEST_INVALID");

        (await repository.HeadAsync($"manifests/{wrong}")).Is(404);
        (await repository.HeadAsync($"manifests/{RepositoryWire.DigestOf(content, algorithm)}")).Is(404);
    }

    [Theory, Engines]
    public async Task A_sha512_push_is_not_found_under_sha256_and_the_other_way_round(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = (await repository.ImageOfFreshBlobsAsync()).Bytes();
        var (shorter, longer) = (RepositoryWire.DigestOf(content), RepositoryWire.DigestOf(content, "sha512"));

        (await repository.PutManifestAsync(longer, content, Oci.ManifestType)).Is(201).Has("Docker-Content-Digest", longer);
        (await repository.HeadAsync($"manifests/{shorter}")).Is(404);

        (await repository.PutManifestAsync(shorter, content, Oci.ManifestType)).Is(201).Has("Docker-Content-Digest", shorter);
        (await repository.DeleteAsync($"manifests/{shorter}")).Is(202);
        (await repository.HeadAsync($"manifests/{longer}")).Is(200).Has("Docker-Content-Digest", longer);
    }

    [Theory, Engines]
    public async Task The_longest_tag_and_every_character_of_tags_are_taken(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = Documents.Index().Bytes();
        string[] tags = [new('a', 128), "_", "0", "Z", "_.-", "A.b_C-9", "sha256-" + new string('0', 64) + ".sig"];

        foreach (var tag in tags)
        {
            (await repository.PutManifestAsync(tag, content, Oci.IndexType)).Is(201);
            (await repository.HeadAsync($"manifests/{tag}")).Is(200);
        }
    }

    [Theory, Engines]
    public async Task Tags_differ_by_case(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var lower = await repository.PushImageAsync("tag");
        var upper = await repository.PushImageAsync("TAG");

        (await repository.HeadAsync("manifests/tag")).Is(200).Has("Docker-Content-Digest", lower.Digest);
        (await repository.HeadAsync("manifests/TAG")).Is(200).Has("Docker-Content-Digest", upper.Digest);
    }

    [Theory, Engines]
    public async Task A_subject_is_confirmed_whether_it_exists_or_not(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var image = await repository.PushImageAsync();
        var missing = RepositoryWire.DigestOf(Oci.RandomBytes(9));
        foreach (var subject in new[] { image.Descriptor(), Documents.Descriptor(Oci.ManifestType, missing, 700) })
        {
            var digest = (string)subject["digest"]!;
            var content = (await repository.ImageOfFreshBlobsAsync()).With("subject", subject).Bytes();

            (await repository.PutManifestAsync(RepositoryWire.DigestOf(content), content, Oci.ManifestType)).Is(201).Has("OCI-Subject", digest);
            (await repository.PutManifestAsync("by-tag", content, Oci.ManifestType)).Is(201).Has("OCI-Subject", digest);
        }
    }

    [Theory, Engines]
    public async Task A_subject_without_a_size_is_taken(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var subject = RepositoryWire.DigestOf(Oci.RandomBytes(9));
        var content = (await repository.ImageOfFreshBlobsAsync())
            .With("subject", new JsonObject { ["mediaType"] = Oci.ManifestType, ["digest"] = subject }).Bytes();

        (await repository.PutManifestAsync("v1", content, Oci.ManifestType)).Is(201).Has("OCI-Subject", subject);
    }

    [Theory, Engines]
    public async Task A_manifest_of_four_megabytes_is_taken(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var document = await repository.ImageOfFreshBlobsAsync();
        document["annotations"] = new JsonObject { ["padding"] = "" };
        document["annotations"]!["padding"] = new string('x', (4 * 1000 * 1000) - document.Bytes().Length);
        var content = document.Bytes();

        (await repository.PutManifestAsync("big", content, Oci.ManifestType)).Is(201);

        Assert.Equal(content, (await repository.GetAsync("manifests/big")).Is(200).Body);
    }
}
