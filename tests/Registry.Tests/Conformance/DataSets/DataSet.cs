using System.Text.Json.Nodes;
using Registry.Tests.Wire;

namespace Registry.Tests.Conformance.DataSets;

/// <summary>Content that belongs together, in the order in which a client pushes it.</summary>
internal sealed class DataSet(string algorithm)
{
    private readonly List<byte[]> _blobs = [];
    private readonly List<Entry> _manifests = [];

    /// <summary>A manifest or index, the tag it is pushed under (else its digest), and what its subject's referrers tell of it.</summary>
    internal sealed record Entry(string Digest, string MediaType, byte[] Content, string? Tag, string? Subject, string? ArtifactType, JsonObject? Annotations);

    public string Algorithm => algorithm;

    public IReadOnlyList<byte[]> Blobs => _blobs;

    public IReadOnlyList<Entry> Manifests => _manifests;

    public string DigestOf(byte[] content) => RepositoryWire.DigestOf(content, algorithm);

    /// <summary>Adds a blob to push and returns its descriptor.</summary>
    public JsonObject Blob(string mediaType, byte[] content)
    {
        if (!_blobs.Any(blob => blob.SequenceEqual(content)))
        {
            _blobs.Add(content);
        }

        return Documents.Describe(mediaType, content, algorithm);
    }

    public JsonObject Layer(int size = 600) => Blob(Documents.LayerType, Oci.RandomBytes(size));

    public JsonObject Config() =>
        Blob(Oci.ConfigType, new JsonObject { ["architecture"] = "amd64", ["os"] = "linux", ["created"] = $"{Guid.NewGuid()}" }.Bytes());

    public JsonObject EmptyConfig() => Blob(Oci.EmptyType, Oci.EmptyContent);

    public JsonObject Image(params JsonObject[] layers) => Documents.Image(Config(), layers);

    public JsonObject Artifact(string artifactType, params JsonObject[] layers) =>
        Documents.Image(EmptyConfig(), layers).With("artifactType", artifactType);

    /// <summary>Adds a manifest to push and returns its descriptor.</summary>
    public JsonObject Manifest(JsonObject document, string? tag = null)
    {
        var content = document.Bytes();
        var mediaType = (string)document["mediaType"]!;
        var artifactType = (string?)document["artifactType"] ?? (string?)document["config"]?["mediaType"];
        var entry = new Entry(
            DigestOf(content), mediaType, content, tag, (string?)document["subject"]?["digest"], artifactType, document["annotations"]?.AsObject());
        _manifests.Add(entry);
        return Documents.Descriptor(mediaType, entry.Digest, content.Length);
    }
}
