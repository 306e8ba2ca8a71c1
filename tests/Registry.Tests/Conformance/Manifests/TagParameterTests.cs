using Registry.Tests.Wire;

namespace Registry.Tests.Conformance.Manifests;

/// <summary>The draft's end-7b: a manifest pushed by digest takes tags along.</summary>
public sealed class TagParameterTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    [Theory, Engines("sha256"), Engines("sha512")]
    public async Task All_tags_of_the_query_are_created_and_confirmed(Engine engine, string algorithm)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = (await repository.ImageOfFreshBlobsAsync(algorithm: algorithm)).Bytes();
        var digest = RepositoryWire.DigestOf(content, algorithm);

        var answer = (await repository.PutManifestAsync($"{digest}?tag=1.2.3&tag=1.2&tag=latest", content, Oci.ManifestType)).Is(201);

        answer.Has("Docker-Content-Digest", digest);
        Assert.Equal(["1.2.3", "1.2", "latest"], answer["OCI-Tag"]!.Split(',', StringSplitOptions.TrimEntries));
        foreach (var tag in new[] { "1.2.3", "1.2", "latest" })
        {
            (await repository.HeadAsync($"manifests/{tag}")).Is(200).Has("Docker-Content-Digest", digest);
            Assert.Equal(content, (await repository.GetAsync($"manifests/{tag}")).Is(200).Has("Docker-Content-Digest", digest).Body);
        }
    }

    [Theory, Engines]
    public async Task Ten_tags_in_one_push_are_created(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = (await repository.ImageOfFreshBlobsAsync()).Bytes();
        string[] tags = [.. Enumerable.Range(0, 10).Select(i => new string((char)('a' + i), 128))];

        var answer = await repository.PutManifestAsync(
            $"{RepositoryWire.DigestOf(content)}?{string.Join('&', tags.Select(tag => $"tag={tag}"))}", content, Oci.ManifestType);

        Assert.Equal(tags, answer.Is(201)["OCI-Tag"]!.Split(',', StringSplitOptions.TrimEntries));
        Assert.Equal(tags, (await repository.GetAsync("tags/list")).Strings("tags"));
    }

    [Theory, Engines]
    public async Task A_tag_named_twice_is_created_once(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = (await repository.ImageOfFreshBlobsAsync()).Bytes();

        (await repository.PutManifestAsync($"{RepositoryWire.DigestOf(content)}?tag=a&tag=a", content, Oci.ManifestType)).Is(201);

        Assert.Equal(["a"], (await repository.GetAsync("tags/list")).Strings("tags"));
    }

    [Theory, Engines("a&tag=.b"), Engines(""), Engines("-x"), Engines("a%2Cb"), Engines("a%0A"), Engines("sha256:abc")]
    public async Task One_invalid_tag_refuses_the_whole_push(Engine engine, string tags)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = (await repository.ImageOfFreshBlobsAsync()).Bytes();
        var digest = RepositoryWire.DigestOf(content);

        (await repository.PutManifestAsync($"{digest}?tag={tags}", content, Oci.ManifestType)).IsError(400, "TAG_INVALID", "MANIFEST_INVALID");

        (await repository.HeadAsync($"manifests/{digest}")).Is(404);
        (await repository.HeadAsync("manifests/a")).Is(404);
    }

    [Theory, Engines]
    public async Task An_absurd_number_of_tags_is_refused_and_none_is_created(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        await repository.PushImageAsync("there");
        var content = (await repository.ImageOfFreshBlobsAsync()).Bytes();
        var tags = string.Join('&', Enumerable.Range(0, 5000).Select(i => $"tag=t{i}"));

        var answer = await repository.PutManifestAsync($"{RepositoryWire.DigestOf(content)}?{tags}", content, Oci.ManifestType);

        Assert.Contains(answer.Status, new[] { 400, 414, 431 });
        Assert.Equal(["there"], (await repository.GetAsync("tags/list")).Strings("tags"));
    }

    [Theory, Engines]
    public async Task A_push_without_the_parameter_confirms_no_tags(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = (await repository.ImageOfFreshBlobsAsync()).Bytes();

        (await repository.PutManifestAsync(RepositoryWire.DigestOf(content), content, Oci.ManifestType)).Is(201).Has("OCI-Tag", null);
    }
}
