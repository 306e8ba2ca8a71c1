using System.Text.Json;

namespace Registry.Storage.Oci;

/// <summary>The rules by which the JSON of a manifest is read: type, structure, descriptors.</summary>
internal static class ManifestDocument
{
    /// <summary>The most descriptors in one document; larger ones only serve to exhaust whoever walks them.</summary>
    public const int MaxDescriptors = 10_000;

    /// <summary>The members of a manifest or index that mean something to the registry.</summary>
    public static readonly string[] Keys =
        ["schemaVersion", "mediaType", "config", "layers", "manifests", "subject", "artifactType", "annotations"];

    private static readonly string[] DescriptorKeys = ["mediaType", "digest", "size"];

    /// <summary>
    /// Refuses members that equal a known one but for case: parsers that fold case would read another document
    /// than those that do not (the family of CVE-2021-41190).
    /// </summary>
    public static void RefuseLookalikes(JsonElement element, string[] keys)
    {
        foreach (var member in element.EnumerateObject())
        {
            foreach (var key in keys)
            {
                if (member.Name.Equals(key, StringComparison.OrdinalIgnoreCase) && member.Name != key)
                {
                    throw Manifest.Invalid($"\"{member.Name}\" is ambiguous: write \"{key}\"");
                }
            }
        }
    }

    /// <summary>Content-Type, else <c>mediaType</c>, else the shape of the document. OCI manifests before 1.1 had no <c>mediaType</c>.</summary>
    public static string DecideMediaType(JsonElement root, string? contentType)
    {
        var inside = Text(root, "mediaType");
        if (contentType is not null && inside is not null && contentType != inside)
        {
            throw Manifest.Invalid($"Content-Type is {contentType}, mediaType in the manifest is {inside}: they must be equal");
        }

        var version = root.TryGetProperty("schemaVersion", out var member) && member.ValueKind == JsonValueKind.Number
            && member.TryGetInt32(out var number) ? number : 0;
        var mediaType = contentType ?? inside ?? ShapeOf(root);
        if (MediaTypes.IsSchema1(mediaType) || (version == 1 && contentType is null))
        {
            throw Manifest.Invalid("Docker schema 1 manifests are not supported: push with a client that writes Docker schema 2 or OCI manifests");
        }

        if (mediaType == MediaTypes.WithdrawnArtifact)
        {
            throw Manifest.Invalid($"OCI withdrew {mediaType}: push the artifact as {MediaTypes.OciManifest} with an artifactType");
        }

        if (!MediaTypes.IsManifest(mediaType))
        {
            throw Manifest.Invalid($"{mediaType ?? "the document"} is not a manifest type; allowed are {MediaTypes.OciManifest}, "
                + $"{MediaTypes.OciIndex}, {MediaTypes.DockerManifest}, {MediaTypes.DockerList}");
        }

        return version == 2 ? mediaType! : throw Manifest.Invalid("schemaVersion must be 2");
    }

    /// <summary>An image that also lists manifests, or an index that also has layers, is read differently by different clients.</summary>
    public static void RefuseConfusion(JsonElement root, string mediaType)
    {
        var index = MediaTypes.IsIndex(mediaType);
        foreach (var foreign in index ? new[] { "config", "layers" } : ["manifests"])
        {
            if (root.TryGetProperty(foreign, out _))
            {
                throw Manifest.Invalid($"{mediaType} must not have \"{foreign}\"");
            }
        }

        if (!root.TryGetProperty(index ? "manifests" : "config", out _))
        {
            throw Manifest.Invalid($"{mediaType} must have \"{(index ? "manifests" : "config")}\"");
        }
    }

    public static List<ManifestEdge> ImageEdges(JsonElement root)
    {
        var edges = new List<ManifestEdge> { new(EdgeKind.Config, DescriptorDigest(root.GetProperty("config"), "config")) };
        foreach (var layer in Descriptors(root, "layers"))
        {
            var digest = DescriptorDigest(layer, "layers");
            edges.Add(new(MediaTypes.IsForeignLayer(Text(layer, "mediaType")) ? EdgeKind.Foreign : EdgeKind.Layer, digest));
        }

        return edges;
    }

    public static List<ManifestEdge> IndexEdges(JsonElement root)
    {
        var edges = new List<ManifestEdge>();
        foreach (var entry in Descriptors(root, "manifests"))
        {
            var digest = DescriptorDigest(entry, "manifests");
            edges.Add(new(MediaTypes.IsManifest(Text(entry, "mediaType")) ? EdgeKind.Child : EdgeKind.Entry, digest));
        }

        return edges;
    }

    public static string? EffectiveArtifactType(JsonElement root, string mediaType)
    {
        if (Text(root, "artifactType") is { Length: > 0 } artifactType)
        {
            return artifactType;
        }

        return MediaTypes.IsImage(mediaType) ? Text(root.GetProperty("config"), "mediaType") : null;
    }

    public static Digest DescriptorDigest(JsonElement descriptor, string place, bool requireSize = true)
    {
        if (descriptor.ValueKind != JsonValueKind.Object)
        {
            throw Manifest.Invalid($"\"{place}\" must hold descriptors");
        }

        RefuseLookalikes(descriptor, DescriptorKeys);
        if (requireSize && Text(descriptor, "mediaType") is null)
        {
            throw Manifest.Invalid($"a descriptor in \"{place}\" has no mediaType");
        }

        // image-spec's own examples of subjects omit the size.
        var sized = descriptor.TryGetProperty("size", out var size);
        if ((sized || requireSize) && (size.ValueKind != JsonValueKind.Number || !size.TryGetInt64(out var bytes) || bytes < 0))
        {
            throw Manifest.Invalid($"a descriptor in \"{place}\" has no size that is a number of bytes");
        }

        return Digest.TryParse(Text(descriptor, "digest"), out var digest) == DigestSyntax.Valid
            ? digest
            : throw Manifest.Invalid($"a descriptor in \"{place}\" has no sha256 or sha512 digest");
    }

    private static IEnumerable<JsonElement> Descriptors(JsonElement root, string name)
    {
        // Go writes an empty slice as null.
        if (!root.TryGetProperty(name, out var list) || list.ValueKind == JsonValueKind.Null)
        {
            return [];
        }

        if (list.ValueKind != JsonValueKind.Array)
        {
            throw Manifest.Invalid($"\"{name}\" must be an array");
        }

        return list.GetArrayLength() <= MaxDescriptors
            ? list.EnumerateArray()
            : throw Manifest.Invalid($"\"{name}\" has more than {MaxDescriptors} descriptors");
    }

    private static string? ShapeOf(JsonElement root)
    {
        if (root.TryGetProperty("manifests", out _))
        {
            return MediaTypes.OciIndex;
        }

        if (root.TryGetProperty("config", out _) || root.TryGetProperty("layers", out _))
        {
            return MediaTypes.OciManifest;
        }

        return root.TryGetProperty("blobs", out _) ? MediaTypes.WithdrawnArtifact : null;
    }

    private static string? Text(JsonElement element, string name)
    {
        if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out var member)
            || member.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        // PostgreSQL keeps no NUL in a text, and nothing the registry reads has a use for one.
        return member.ValueKind == JsonValueKind.String && member.GetString() is { } text && !text.Contains('\0', StringComparison.Ordinal)
            ? text
            : throw Manifest.Invalid($"\"{name}\" must be a string without NUL");
    }
}
