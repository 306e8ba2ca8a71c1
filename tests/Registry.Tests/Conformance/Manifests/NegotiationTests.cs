using System.Text.Json.Nodes;
using Registry.Tests.Wire;

namespace Registry.Tests.Conformance.Manifests;

/// <summary>Old clients that know no index get its linux/amd64 image; nobody else gets anything but what the tag names.</summary>
public sealed class NegotiationTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    [Theory]
    [Engines(Oci.IndexType, Oci.ManifestType)]
    [Engines(Oci.DockerListType, Oci.DockerManifestType)]
    public async Task A_client_that_takes_only_image_manifests_gets_the_linux_amd64_image_of_a_tag(Engine engine, string indexType, string imageType)
    {
        var (repository, index, amd64) = await IndexAsync(engine, indexType, imageType);

        foreach (var method in new[] { "GET", "HEAD" })
        {
            var answer = await repository.Http.SendAsync(method, repository.At("manifests/multi"), ("Accept", imageType));

            answer.Is(200).Has("Content-Type", imageType).Has("Docker-Content-Digest", amd64.Digest)
                .Has("Content-Length", $"{amd64.Content.Length}").Has("ETag", $"\"{amd64.Digest}\"");
            Assert.Equal(method == "GET" ? amd64.Content : [], answer.Body);
        }

        Assert.NotEqual(index.Digest, amd64.Digest);
    }

    [Theory]
    [Engines((object?)null)]
    [Engines("*/*")]
    [Engines("application/*")]
    [Engines("application/json")]
    [Engines(Oci.ManifestType + ", " + Oci.IndexType)]
    [Engines(Oci.ManifestType + ";q=0.9, */*;q=0.1")]
    [Engines(Oci.DockerListType)]
    [Engines("text/html")]
    public async Task Any_other_client_gets_the_index_of_a_tag(Engine engine, string? accept)
    {
        var (repository, index, _) = await IndexAsync(engine, Oci.IndexType, Oci.ManifestType);

        var answer = await repository.GetAsync("manifests/multi", accept is null ? [] : [("Accept", accept)]);

        Assert.Equal(index.Content, answer.Is(200).Has("Content-Type", Oci.IndexType).Has("Docker-Content-Digest", index.Digest).Body);
    }

    [Theory]
    [Engines(Oci.DockerManifestType, Oci.ManifestType, Oci.IndexType)]
    [Engines(Oci.IndexType, Oci.DockerManifestType, Oci.ManifestType)]
    [Engines(Oci.ManifestType, Oci.IndexType, Oci.DockerManifestType)]
    public async Task An_Accept_list_over_several_lines_is_one_list(Engine engine, params string[] types)
    {
        var (repository, index, _) = await IndexAsync(engine, Oci.IndexType, Oci.ManifestType);

        // docker sends a line for each type, in an order that is never the same.
        var raw = await RawHttp.RequestAsync((await registry.AppAsync(engine)).Address, $"""
            GET {repository.At("manifests/multi")} HTTP/1.1
            {string.Join('\n', types.Select(type => $"Accept: {type}"))}
            """);

        Assert.Equal((200, index.Digest), (raw.Status, raw.Header("Docker-Content-Digest")));
    }

    [Theory, Engines]
    public async Task A_digest_always_gets_what_it_names(Engine engine)
    {
        var (repository, index, _) = await IndexAsync(engine, Oci.IndexType, Oci.ManifestType);

        var answer = await repository.GetAsync($"manifests/{index.Digest}", ("Accept", Oci.ManifestType));

        Assert.Equal(index.Content, answer.Is(200).Has("Content-Type", Oci.IndexType).Body);
    }

    [Theory, Engines]
    public async Task An_index_without_a_linux_amd64_image_is_sent_as_it_is(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var arm = await repository.PushImageAsync();
        var index = await repository.PushAsync(Documents.Index(arm.Descriptor().With("platform", Platform("arm64"))), "multi");

        Assert.Equal(index.Content, (await repository.GetAsync("manifests/multi", ("Accept", Oci.ManifestType))).Is(200).Body);
    }

    [Theory, Engines]
    public async Task An_image_of_a_type_that_is_not_accepted_is_not_chosen(Engine engine)
    {
        var (repository, index, _) = await IndexAsync(engine, Oci.IndexType, Oci.ManifestType);

        Assert.Equal(index.Content, (await repository.GetAsync("manifests/multi", ("Accept", Oci.DockerManifestType))).Is(200).Body);
    }

    [Theory, Engines]
    public async Task An_image_is_sent_whatever_types_the_client_takes(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var image = await repository.PushImageAsync("v1");

        foreach (var accept in new[] { Oci.DockerManifestType, Oci.IndexType, "application/json", "*/*" })
        {
            Assert.Equal(image.Content, (await repository.GetAsync("manifests/v1", ("Accept", accept))).Is(200).Has("Content-Type", Oci.ManifestType).Body);
        }
    }

    private async Task<(RepositoryWire Repository, Pushed Index, Pushed Amd64)> IndexAsync(Engine engine, string indexType, string imageType)
    {
        var repository = await registry.RepositoryAsync(engine);
        var arm = await repository.PushImageAsync(mediaType: imageType);
        var amd64 = await repository.PushImageAsync(mediaType: imageType);
        var document = Documents.Index(
            arm.Descriptor().With("platform", Platform("arm64")),
            amd64.Descriptor().With("platform", Platform("amd64")));
        return (repository, await repository.PushAsync(document.With("mediaType", indexType), "multi"), amd64);
    }

    private static JsonObject Platform(string architecture) => new() { ["architecture"] = architecture, ["os"] = "linux" };
}
