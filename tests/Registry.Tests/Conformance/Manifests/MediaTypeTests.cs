using System.Text;
using System.Text.Json.Nodes;
using Registry.Tests.Wire;

namespace Registry.Tests.Conformance.Manifests;

/// <summary>Which documents are manifests: four types are, and the refusals say what to do instead.</summary>
public sealed class MediaTypeTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    private const string Withdrawn = "application/vnd.oci.artifact.manifest.v1+json";

    [Theory]
    [Engines("application/vnd.docker.distribution.manifest.v1+json")]
    [Engines("application/vnd.docker.distribution.manifest.v1+prettyjws")]
    [Engines((object?)null)]
    [Engines("application/json")]
    public async Task Schema_1_is_refused_with_a_word_about_what_is_supported(Engine engine, string? type)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = Encoding.UTF8.GetBytes("""
            {"schemaVersion":1,"name":"library/app","tag":"v1","architecture":"amd64","fsLayers":[],"history":[],"signatures":[]}
            """);

        var answer = (await repository.PutManifestAsync("v1", content, type)).IsError(400, "MANIFEST_INVALID");

        if (type != "application/json")
        {
            Assert.Contains("schema 1", (string?)answer.Errors()[0]["message"], StringComparison.OrdinalIgnoreCase);
        }
    }

    [Theory, Engines(Withdrawn), Engines((object?)null)]
    public async Task The_withdrawn_artifact_manifest_is_refused_with_its_successor(Engine engine, string? type)
    {
        var repository = await registry.RepositoryAsync(engine);
        var blob = await repository.PushBlobAsync(Oci.RandomBytes(5));
        var document = new JsonObject
        {
            ["mediaType"] = Withdrawn,
            ["artifactType"] = "application/vnd.example",
            ["blobs"] = new JsonArray(Documents.Descriptor("text/plain", blob, 5)),
        };

        var answer = (await repository.PutManifestAsync("v1", document.Bytes(), type)).IsError(400, "MANIFEST_INVALID");

        Assert.Contains(Oci.ManifestType, (string?)answer.Errors()[0]["message"], StringComparison.Ordinal);
    }

    [Theory]
    [Engines("application/vnd.oci.descriptor.v1+json")]
    [Engines("application/vnd.oci.layout.header.v1+json")]
    [Engines("application/vnd.example.manifest.v9+json")]
    [Engines("application/octet-stream")]
    [Engines("application/json")]
    [Engines("text/html; charset=utf-8")]
    [Engines("Application/Vnd.Oci.Image.Manifest.V1+Json.")]
    public async Task An_unknown_manifest_type_is_400_and_names_the_known_ones(Engine engine, string type)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = (await repository.ImageOfFreshBlobsAsync()).Without("mediaType").Bytes();

        var answer = (await repository.PutManifestAsync("v1", content, type)).IsError(400, "MANIFEST_INVALID");

        Assert.Contains(Oci.ManifestType, (string?)answer.Errors()[0]["message"], StringComparison.Ordinal);
        (await repository.HeadAsync("manifests/v1")).Is(404);
    }

    [Theory, Engines]
    public async Task A_document_of_an_unknown_type_inside_is_400(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = (await repository.ImageOfFreshBlobsAsync()).With("mediaType", "application/vnd.example+json").Bytes();

        (await repository.PutManifestAsync("v1", content, null)).IsError(400, "MANIFEST_INVALID");
        (await repository.PutManifestAsync("v1", content, "application/vnd.example+json")).IsError(400, "MANIFEST_INVALID");
    }

    [Theory, Engines]
    public async Task A_configuration_pushed_as_a_manifest_is_400(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);

        (await repository.PutManifestAsync("v1", """{"architecture":"amd64","os":"linux","rootfs":{}}"""u8.ToArray(), null)).IsError(400, "MANIFEST_INVALID");
    }
}
