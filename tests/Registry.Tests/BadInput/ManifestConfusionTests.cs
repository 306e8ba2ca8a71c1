using System.Text.Json.Nodes;
using Registry.Tests.Wire;

namespace Registry.Tests.BadInput;

/// <summary>S60, the family of CVE-2021-41190: documents that one client reads as an image and another as an index.</summary>
public sealed class ManifestConfusionTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    private static readonly string[] Types = [Oci.ManifestType, Oci.DockerManifestType, Oci.IndexType, Oci.DockerListType];

    [Theory, Engines]
    public async Task S60_A_media_type_inside_that_is_not_the_content_type_is_400(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var image = await repository.ImageOfFreshBlobsAsync();
        foreach (var (inside, outside) in Types.SelectMany(a => Types, (a, b) => (a, b)).Where(pair => pair.a != pair.b))
        {
            var document = inside is Oci.ManifestType or Oci.DockerManifestType ? image : Documents.Index();
            var answer = await repository.PutManifestAsync("v1", document.With("mediaType", inside).Bytes(), outside);

            Assert.Contains(inside, (string?)answer.IsError(400, "MANIFEST_INVALID").Errors()[0]["message"], StringComparison.Ordinal);
        }

        (await repository.HeadAsync("manifests/v1")).Is(404);
    }

    [Theory, Engines]
    public async Task S60_A_document_that_is_image_and_index_at_once_is_400_as_either(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        foreach (var value in new[] { "[]", "null", "{}", "\"\"" })
        {
            foreach (var type in Types)
            {
                var image = await repository.ImageOfFreshBlobsAsync();
                image["manifests"] = JsonNode.Parse(value);
                foreach (var document in new[]
                {
                    image, Documents.Index().With("layers", JsonNode.Parse(value)), Documents.Index().With("config", JsonNode.Parse(value)),
                })
                {
                    (await repository.PutManifestAsync("v1", document.With("mediaType", type).Bytes(), type)).IsError(400, "MANIFEST_INVALID");
                    (await repository.PutManifestAsync("v1", document.Without("mediaType").Bytes(), type)).IsError(400, "MANIFEST_INVALID");
                    (await repository.PutManifestAsync("v1", document.Bytes(), null)).IsError(400, "MANIFEST_INVALID");
                }
            }
        }
    }

    [Theory, Engines]
    public async Task S60_An_image_under_the_type_of_an_index_and_the_other_way_round_is_400(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var image = (await repository.ImageOfFreshBlobsAsync()).Without("mediaType").Bytes();
        var index = Documents.Index().Without("mediaType").Bytes();

        foreach (var type in new[] { Oci.IndexType, Oci.DockerListType })
        {
            (await repository.PutManifestAsync("v1", image, type)).IsError(400, "MANIFEST_INVALID");
        }

        foreach (var type in new[] { Oci.ManifestType, Oci.DockerManifestType })
        {
            (await repository.PutManifestAsync("v1", index, type)).IsError(400, "MANIFEST_INVALID");
        }
    }

    [Theory, Engines]
    public async Task S60_A_manifest_cannot_be_pushed_again_as_another_type(Engine engine)
    {
        // The digest names the bytes; without a mediaType inside only the header tells the two readings apart.
        var repository = await registry.RepositoryAsync(engine);
        var content = (await repository.ImageOfFreshBlobsAsync()).Without("mediaType").Bytes();
        (await repository.PutManifestAsync("oci", content, Oci.ManifestType)).Is(201);

        var again = await repository.PutManifestAsync("docker", content, Oci.DockerManifestType);

        Assert.Contains(again.Status, new[] { 201, 400 });
        var type = (await repository.HeadAsync("manifests/oci")).Is(200)["Content-Type"];
        Assert.Equal(type, (await repository.HeadAsync($"manifests/{RepositoryWire.DigestOf(content)}")).Is(200)["Content-Type"]);
        if (again.Status == 201)
        {
            Assert.Equal(type, (await repository.HeadAsync("manifests/docker")).Is(200)["Content-Type"]);
        }
    }

    [Theory, Engines]
    public async Task An_index_may_name_itself_nowhere_but_others_any_number_of_times(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var child = await repository.PushImageAsync();
        var index = await repository.PushAsync(Documents.Index(child.Descriptor(), child.Descriptor(), child.Descriptor()), "multi");

        Assert.Equal(index.Content, (await repository.GetAsync("manifests/multi")).Is(200).Body);
    }
}
