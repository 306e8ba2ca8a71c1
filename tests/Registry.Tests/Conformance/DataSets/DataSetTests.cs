using System.Text.Json.Nodes;
using Registry.Tests.Wire;

namespace Registry.Tests.Conformance.DataSets;

/// <summary>The data sets of the distribution-spec's conformance suite, each in both algorithms.</summary>
[OnS3]
public sealed class DataSetTests(DataSetTests.SparseRegistry registry) : IClassFixture<DataSetTests.SparseRegistry>
{
    private const string SbomType = "application/vnd.example.sbom.v1";

    [Theory, Engines("sha256"), Engines("sha512")]
    public Task Image(Engine engine, string algorithm) =>
        PassAsync(engine, algorithm, data => data.Manifest(data.Image(data.Layer(), data.Layer(), data.Layer()), "image"));

    [Theory, Engines("sha256"), Engines("sha512")]
    public Task Image_with_uncompressed_layers(Engine engine, string algorithm) =>
        PassAsync(engine, algorithm, data => data.Manifest(data.Image(data.Blob(Oci.LayerType, Oci.RandomBytes(512)), data.Blob(Oci.LayerType, Oci.RandomBytes(512))), "image"));

    [Theory, Engines("sha256"), Engines("sha512")]
    public Task Large_manifest_of_390_annotations_of_10_000_bytes(Engine engine, string algorithm) =>
        PassAsync(engine, algorithm, data =>
        {
            var annotations = Enumerable.Range(0, 390).Select(i => KeyValuePair.Create($"org.example.{i:000}", (JsonNode?)new string((char)('a' + (i % 26)), 10_000)));
            data.Manifest(data.Image(data.Layer()).With("annotations", new JsonObject(annotations)), "large");
        });

    [Theory, Engines("sha256"), Engines("sha512")]
    public Task Index_of_two_platforms(Engine engine, string algorithm) =>
        PassAsync(engine, algorithm, data => data.Manifest(Multi(data), "index"));

    [Theory, Engines("sha256"), Engines("sha512")]
    public Task Nested_index(Engine engine, string algorithm) =>
        PassAsync(engine, algorithm, data => data.Manifest(Documents.Index(data.Manifest(Multi(data)), data.Manifest(Multi(data))), "nested"));

    [Theory, Engines("sha256"), Engines("sha512")]
    public Task Empty_index(Engine engine, string algorithm) =>
        PassAsync(engine, algorithm, data => data.Manifest(Documents.Index().With("annotations", new JsonObject { ["unique"] = $"{Guid.NewGuid()}" }), "empty"));

    [Theory, Engines("sha256"), Engines("sha512")]
    public Task Artifact(Engine engine, string algorithm) =>
        PassAsync(engine, algorithm, data => data.Manifest(data.Artifact(SbomType, data.Blob("application/json", Oci.RandomBytes(123))), "artifact"));

    [Theory, Engines("sha256"), Engines("sha512")]
    public Task Artifact_index(Engine engine, string algorithm) =>
        PassAsync(engine, algorithm, data =>
        {
            var one = data.Manifest(data.Artifact("application/vnd.example.one", data.Layer()));
            var two = data.Manifest(data.Artifact("application/vnd.example.two", data.Layer()));
            data.Manifest(Documents.Index(one, two).With("artifactType", "application/vnd.example.bundle"), "artifact-index");
        });

    [Theory, Engines("sha256"), Engines("sha512")]
    public Task Artifact_without_layers(Engine engine, string algorithm) =>
        PassAsync(engine, algorithm, data => data.Manifest(data.Artifact(SbomType, data.EmptyConfig()), "artifact"));

    [Theory, Engines("sha256"), Engines("sha512")]
    public Task Artifacts_with_a_subject(Engine engine, string algorithm) =>
        PassAsync(engine, algorithm, data =>
        {
            var subject = data.Manifest(data.Image(data.Layer()), "image");
            var annotations = new JsonObject { ["org.opencontainers.image.created"] = "2026-01-05T10:00:00Z", ["org.example.text"] = "ä \"quoted\" \u2028 <b>" };
            data.Manifest(data.Artifact(SbomType, data.Layer()).With("subject", subject.DeepClone()).With("annotations", annotations));
            data.Manifest(data.Artifact("application/vnd.example.signature", data.Layer()).With("subject", subject.DeepClone()), "signature");

            // Without an artifactType the type of the config stands for it.
            data.Manifest(Documents.Image(data.Blob("application/vnd.example.config", Oci.RandomBytes(9)), data.Layer()).With("subject", subject.DeepClone()));
        });

    [Theory, Engines("sha256"), Engines("sha512")]
    public Task Index_with_a_subject(Engine engine, string algorithm) =>
        PassAsync(engine, algorithm, data =>
        {
            var subject = data.Manifest(Multi(data), "index");
            data.Manifest(Multi(data).With("artifactType", "application/vnd.example.bundle").With("subject", subject.DeepClone()));
            data.Manifest(Multi(data).With("subject", subject.DeepClone()));
        });

    [Theory, Engines("sha256"), Engines("sha512")]
    public Task Artifact_whose_subject_is_missing(Engine engine, string algorithm) =>
        PassAsync(engine, algorithm, data =>
        {
            var subject = Documents.Describe(Oci.ManifestType, Oci.RandomBytes(700), algorithm);
            data.Manifest(data.Artifact(SbomType, data.Layer()).With("subject", subject), "tagged-artifact");
        });

    [Theory, Engines("sha256"), Engines("sha512")]
    public Task Data_fields_in_descriptors(Engine engine, string algorithm) =>
        PassAsync(engine, algorithm, data =>
        {
            var content = Oci.RandomBytes(33);
            var layer = data.Blob("text/plain", content).With("data", Convert.ToBase64String(content));
            data.Manifest(Documents.Image(data.EmptyConfig().With("data", "e30="), layer).With("artifactType", SbomType), "data");
        });

    [Theory, Engines("sha256"), Engines("sha512")]
    public Task Non_distributable_layers(Engine engine, string algorithm) =>
        PassAsync(engine, algorithm, data =>
        {
            var foreign = Documents.Describe("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", Oci.RandomBytes(123456), algorithm)
                .With("urls", new JsonArray("https://store.example.com/layer"));
            data.Manifest(data.Image(data.Layer(), foreign), "foreign");
        });

    [Theory, Engines("sha256"), Engines("sha512")]
    public Task Custom_fields_everywhere(Engine engine, string algorithm) =>
        PassAsync(engine, algorithm, data =>
        {
            var custom = new JsonObject { ["nested"] = new JsonArray(1.50, true, null, "x") };
            var layer = data.Layer().With("org.example.layer", custom.DeepClone());
            var config = data.Blob("application/vnd.example.config+json", Oci.RandomBytes(40)).With("org.example.config", "extra");
            var image = data.Manifest(Documents.Image(config, layer).With("org.example.manifest", custom.DeepClone()));
            data.Manifest(Documents.Index(image.With("org.example.entry", "extra")).With("org.example.index", custom), "custom");
        });

    [Theory, Engines("sha256"), Engines("sha512")]
    public Task No_layers(Engine engine, string algorithm) =>
        PassAsync(engine, algorithm, data => data.Manifest(data.Image(), "no-layers"));

    [Theory, Engines("sha256"), Engines("sha512")]
    public Task Sparse_index(Engine engine, string algorithm) =>
        PassAsync(engine, algorithm, data =>
        {
            var missing = Documents.Describe(Oci.ManifestType, Oci.RandomBytes(700), algorithm).With("platform", new JsonObject { ["architecture"] = "s390x", ["os"] = "linux" });
            data.Manifest(Documents.Index(data.Manifest(data.Image(data.Layer())), missing), "sparse");
        });

    [Theory, Engines("sha256"), Engines("sha512")]
    public Task Everything_in_one_repository(Engine engine, string algorithm) =>
        PassAsync(engine, algorithm, data =>
        {
            var index = data.Manifest(Multi(data), "a");
            data.Manifest(data.Image(data.Layer()), "b");
            data.Manifest(data.Artifact(SbomType, data.EmptyConfig()).With("subject", index.DeepClone()), "B");
            data.Manifest(Documents.Index(index).With("subject", index.DeepClone()), "_");
        });

    private static JsonObject Multi(DataSet data)
    {
        var amd64 = data.Manifest(data.Image(data.Layer(), data.Layer())).With("platform", new JsonObject { ["architecture"] = "amd64", ["os"] = "linux" });
        var arm64 = data.Manifest(data.Image(data.Layer())).With("platform", new JsonObject { ["architecture"] = "arm64", ["os"] = "linux", ["variant"] = "v8" });
        return Documents.Index(amd64, arm64);
    }

    private async Task PassAsync(Engine engine, string algorithm, Action<DataSet> fill)
    {
        var data = new DataSet(algorithm);
        fill(data);
        await new DataSetRun(await registry.RepositoryAsync(engine), data).PassAsync();
    }

    public sealed class SparseRegistry() : SharedRegistry(("Manifests:Sparse", "true"));
}
