using Registry.Tests.Wire;

namespace Registry.Tests.Conformance.Manifests;

/// <summary>distribution-spec end-3: GET and HEAD of manifests.</summary>
public sealed class ManifestPullTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    [Theory, Engines("v1"), Engines((object?)null)]
    public async Task GET_and_HEAD_have_type_length_digest_and_tag_of_the_content(Engine engine, string? tag)
    {
        var repository = await registry.RepositoryAsync(engine);
        var image = await repository.PushImageAsync("v1");

        foreach (var method in new[] { "GET", "HEAD" })
        {
            var answer = (await repository.Http.SendAsync(method, repository.At($"manifests/{tag ?? image.Digest}"))).Is(200);

            answer.Has("Content-Type", Oci.ManifestType).Has("Content-Length", $"{image.Content.Length}")
                .Has("Docker-Content-Digest", image.Digest).Has("ETag", $"\"{image.Digest}\"").Has("Content-Encoding", null);
            Assert.Equal(method == "GET" ? image.Content : [], answer.Body);
        }
    }

    [Theory, Engines]
    public async Task An_unknown_tag_or_digest_is_404_MANIFEST_UNKNOWN(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        await repository.PushImageAsync("v1");

        foreach (var reference in new[] { "v2", RepositoryWire.DigestOf("x"u8), RepositoryWire.DigestOf("x"u8, "sha512") })
        {
            (await repository.GetAsync($"manifests/{reference}")).IsError(404, "MANIFEST_UNKNOWN");
            Assert.Empty((await repository.HeadAsync($"manifests/{reference}")).Is(404).Body);
        }
    }

    [Theory, Engines]
    public async Task A_manifest_of_an_unknown_repository_is_404_NAME_UNKNOWN(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);

        (await repository.GetAsync("manifests/v1")).IsError(404, "NAME_UNKNOWN");
        (await repository.GetAsync($"manifests/{RepositoryWire.DigestOf("x"u8)}")).IsError(404, "NAME_UNKNOWN");
        (await repository.HeadAsync("manifests/v1")).Is(404);
    }

    [Theory, Engines]
    public async Task A_manifest_is_visible_only_in_its_repository(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var image = await repository.PushImageAsync("v1");
        var other = repository.Sibling("/other");
        await other.PushImageAsync("v2");

        (await other.GetAsync($"manifests/{image.Digest}")).IsError(404, "MANIFEST_UNKNOWN");
        (await other.GetAsync("manifests/v1")).IsError(404, "MANIFEST_UNKNOWN");
    }

    [Theory, Engines]
    public async Task A_blob_is_not_found_among_manifests_nor_a_manifest_among_blobs(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var image = await repository.PushImageAsync("v1");
        var blob = await repository.PushBlobAsync(Oci.RandomBytes(10));

        (await repository.GetAsync($"manifests/{blob}")).IsError(404, "MANIFEST_UNKNOWN");
        (await repository.GetAsync($"blobs/{image.Digest}")).IsError(404, "BLOB_UNKNOWN");
    }

    [Theory, Engines]
    public async Task A_name_may_hold_the_words_of_the_protocol(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        foreach (var suffix in new[] { "/manifests", "/manifests/latest", "/blobs/uploads", "/tags/list", "/referrers", "/blobs", "/v2/manifests/x", "/tags" })
        {
            var odd = repository.Sibling(suffix);
            var image = await odd.PushImageAsync("list");

            Assert.Equal(image.Content, (await odd.GetAsync("manifests/list")).Is(200).Body);
            Assert.Equal(["list"], (await odd.GetAsync("tags/list")).Is(200).Strings("tags"));
        }
    }

    [Theory, Engines]
    public async Task The_longest_name_works_from_push_to_pull(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var longest = repository.Sibling("/" + new string('a', 255 - repository.Name.Length - 1));
        Assert.Equal(255, longest.Name.Length);

        var image = await longest.PushImageAsync("v1");

        Assert.Equal(image.Content, (await longest.GetAsync("manifests/v1")).Is(200).Body);
    }
}
