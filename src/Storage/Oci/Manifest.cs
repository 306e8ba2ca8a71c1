using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace Registry.Storage.Oci;

/// <summary>
/// A manifest or index as pushed: its exact bytes and everything later decisions need, parsed once.
/// Source: image-spec manifest.md and image-index.md; Docker schema 2.
/// </summary>
public sealed class Manifest
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 32 };

    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private Manifest(byte[] content, string mediaType, DigestAlgorithm algorithm)
    {
        Content = content;
        MediaType = mediaType;
        Digest = Digest.Of(algorithm, content);
    }

    /// <summary>The bytes as pushed.</summary>
    public byte[] Content { get; }

    /// <summary>The media type without parameters.</summary>
    public string MediaType { get; }

    /// <summary>The digest the manifest is stored under.</summary>
    public Digest Digest { get; }

    /// <summary>What the manifest is made of, in the order of the document.</summary>
    public IReadOnlyList<ManifestEdge> Edges { get; private set; } = [];

    /// <summary>The manifest that this one is about (OCI types only), or null.</summary>
    public Digest? Subject { get; private set; }

    /// <summary><c>artifactType</c>, else the type of an image's config, else null.</summary>
    public string? ArtifactType { get; private set; }

    /// <summary>The descriptor that the referrers API lists for this manifest, as JSON; null without a subject.</summary>
    public byte[]? ReferrerDescriptor { get; private set; }

    /// <summary>Reads a pushed manifest.</summary>
    /// <param name="content">The whole body.</param>
    /// <param name="contentType">The request's Content-Type, or null to go by the document.</param>
    /// <param name="algorithm">The algorithm of the digest it will be stored under.</param>
    /// <exception cref="OciException">MANIFEST_INVALID, with a sentence that says why.</exception>
    public static Manifest Parse(byte[] content, string? contentType, DigestAlgorithm algorithm)
    {
        // Utf8JsonReader checks the encoding of strings only when they are read.
        if (!Utf8.IsValid(content))
        {
            throw Invalid("the manifest is not valid UTF-8");
        }

        try
        {
            using var document = JsonDocument.Parse(content, Strict);
            return Read(document.RootElement, content, contentType, algorithm);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException) // the latter: half a surrogate pair, written as an escape
        {
            throw Invalid($"the manifest is not acceptable JSON: {e.Message}");
        }
    }

    internal static OciException Invalid(string why) => new(OciError.ManifestInvalid, why);

    private static Manifest Read(JsonElement root, byte[] content, string? contentType, DigestAlgorithm algorithm)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw Invalid("a manifest is a JSON object");
        }

        ManifestDocument.RefuseLookalikes(root, ManifestDocument.Keys);
        var mediaType = ManifestDocument.DecideMediaType(root, contentType);
        ManifestDocument.RefuseConfusion(root, mediaType);

        var manifest = new Manifest(content, mediaType, algorithm);
        manifest.Edges = MediaTypes.IsIndex(mediaType) ? ManifestDocument.IndexEdges(root) : ManifestDocument.ImageEdges(root);
        manifest.ArtifactType = ManifestDocument.EffectiveArtifactType(root, mediaType);
        if (mediaType is MediaTypes.OciManifest or MediaTypes.OciIndex && root.TryGetProperty("subject", out var subject)
            && subject.ValueKind != JsonValueKind.Null)
        {
            manifest.Subject = ManifestDocument.DescriptorDigest(subject, "subject", requireSize: false);
            manifest.ReferrerDescriptor = manifest.DescribeAsReferrer(root);
        }

        return manifest;
    }

    // distribution-spec, "Listing Referrers": artifactType and all annotations travel in the descriptor.
    private byte[] DescribeAsReferrer(JsonElement root)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Plain))
        {
            json.WriteStartObject();
            json.WriteString("mediaType", MediaType);
            json.WriteString("digest", Digest.Text);
            json.WriteNumber("size", Content.Length);
            if (ArtifactType is not null)
            {
                json.WriteString("artifactType", ArtifactType);
            }

            if (root.TryGetProperty("annotations", out var annotations) && annotations.ValueKind == JsonValueKind.Object)
            {
                json.WritePropertyName("annotations");
                annotations.WriteTo(json);
            }

            json.WriteEndObject();
        }

        return buffer.ToArray();
    }
}
