using System.Text;
using System.Text.Json.Nodes;
using Registry.Tests.Wire;

namespace Registry.Tests.Model;

/// <summary>The few blobs and manifests that all sequences are made of, so that their commands meet.</summary>
internal static class Samples
{
    public const string SignatureType = "application/vnd.example.signature";

    /// <summary>Names in byte order, one the beginning of the other.</summary>
    public static readonly string[] Repositories = ["app", "app/base"];

    /// <summary>Names whose byte order is not that of a dictionary.</summary>
    public static readonly string[] Tags = ["B", "a", "a-1"];

    public static readonly SampleBlob[] Blobs = [.. new[] { "config", "first layer", "second layer", "annotations", "" }.Select(text => new SampleBlob(Encoding.UTF8.GetBytes(text)))];

    public static readonly SampleManifest[] Manifests = [.. All()];

    private static IEnumerable<SampleManifest> All()
    {
        var small = Image(null, (0, Oci.ConfigType), (1, Oci.LayerType));
        yield return small;

        // The same bytes under another algorithm are another manifest.
        yield return new("small as sha512", small.Content, small.Type, "sha512") { Names = small.Names };
        var large = Image(null, (0, Oci.ConfigType), (1, Oci.LayerType), (2, Oci.LayerType), (2, Oci.LayerType));
        yield return large with { Title = "large" };
        yield return Image(small, (3, SignatureType)) with { Title = "signature of small", ArtifactType = SignatureType };
        var foreign = Image(null, (0, Oci.ConfigType), (2, Oci.DockerForeignLayerType), (4, Oci.LayerType)) with { Title = "foreign layer" };
        yield return foreign;
        var both = Index(null, small, large) with { Title = "index of small and large" };
        yield return both;
        yield return Index(null, both, foreign) with { Title = "index of that index and foreign layer" };
        yield return Index(both) with { Title = "referrer of the index" };

        // As build caches are written: an index whose entry is a blob.
        var cache = Documents.Index(Document(small.Content, small.Type), Describe(1, "application/octet-stream"));
        yield return new("index of small and a blob", cache.Bytes(), Oci.IndexType) { Names = [Child(small), new(Named.Entry, Blobs[1].Digest)] };
    }

    private static SampleManifest Image(SampleManifest? subject, params (int Blob, string Type)[] parts)
    {
        var document = Documents.Image(Describe(parts[0].Blob, parts[0].Type), [.. parts[1..].Select(part => Describe(part.Blob, part.Type))]);
        var names = parts.Select(part => new Name(part.Type == Oci.DockerForeignLayerType ? Named.Foreign : Named.Blob, Blobs[part.Blob].Digest));
        return new("small", About(document, subject), Oci.ManifestType) { Names = [.. names], Subject = subject?.Digest, ArtifactType = parts[0].Type };
    }

    private static SampleManifest Index(SampleManifest? subject, params SampleManifest[] children) =>
        new("", About(Documents.Index([.. children.Select(child => Document(child.Content, child.Type))]), subject), Oci.IndexType)
        {
            Names = [.. children.Select(Child)],
            Subject = subject?.Digest,
        };

    private static Name Child(SampleManifest child) => new(Named.Child, child.Digest);

    private static byte[] About(JsonObject document, SampleManifest? subject) =>
        (subject is null ? document : document.With("subject", Document(subject.Content, subject.Type))).Bytes();

    private static JsonObject Describe(int blob, string type) => Document(Blobs[blob].Content, type);

    private static JsonObject Document(byte[] content, string type) => Documents.Describe(type, content);
}

/// <summary>A blob by its content.</summary>
internal sealed record SampleBlob(byte[] Content)
{
    public string Digest { get; } = Oci.Digest(Content);
}

/// <summary>A manifest and what the registry has to know of it, known here without parsing it.</summary>
internal sealed record SampleManifest(string Title, byte[] Content, string Type, string Algorithm = "sha256")
{
    public string Digest { get; } = Oci.Digest(Content, Algorithm);

    public IReadOnlyList<Name> Names { get; init; } = [];

    public string? Subject { get; init; }

    public string? ArtifactType { get; init; }
}

/// <summary>What a manifest names at one place.</summary>
internal readonly record struct Name(Named Kind, string Digest);

/// <summary>What kind of thing a manifest names: a config or layer, a manifest, a blob in an index, or a layer that may be absent.</summary>
internal enum Named
{
    Blob,
    Child,
    Entry,
    Foreign,
}
