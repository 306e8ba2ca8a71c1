using System.Text.Json;

namespace Registry.Storage.Oci;

/// <summary>What the descriptors of a stored manifest say, which was checked when it was stored.</summary>
public static class ManifestDescriptors
{
    private const string Unknown = "unknown";

    /// <summary>How many bytes a manifest says that something has; null when it does not name it.</summary>
    public static long? SizeOf(byte[] manifest, Digest digest)
    {
        using var document = JsonDocument.Parse(manifest);
        foreach (var descriptor in All(document.RootElement))
        {
            if (descriptor.GetProperty("digest").ValueEquals(digest.Text))
            {
                return descriptor.GetProperty("size").GetInt64();
            }
        }

        return null;
    }

    /// <summary>The config and the layers of an image that its registry has.</summary>
    public static IReadOnlyList<Digest> Blobs(byte[] image)
    {
        using var document = JsonDocument.Parse(image);
        var blobs = new List<Digest>();
        foreach (var descriptor in All(document.RootElement))
        {
            // image-spec, "Non-Distributable Layers": those with addresses of their own need not be there.
            if (!descriptor.TryGetProperty("urls", out _) && Digest.TryParse(descriptor.GetProperty("digest").GetString(), out var digest) == DigestSyntax.Valid)
            {
                blobs.Add(digest);
            }
        }

        return blobs;
    }

    /// <summary>The images of an index that are for some platform, with it; attestations are for none.</summary>
    public static IReadOnlyList<PlatformImage> Images(byte[] index)
    {
        using var document = JsonDocument.Parse(index);
        var images = new List<PlatformImage>();
        foreach (var entry in List(document.RootElement, "manifests"))
        {
            if (Digest.TryParse(entry.GetProperty("digest").GetString(), out var digest) == DigestSyntax.Valid && PlatformOf(entry) is { } platform)
            {
                images.Add(new PlatformImage(digest, platform));
            }
        }

        return images;
    }

    private static IEnumerable<JsonElement> All(JsonElement root)
    {
        var config = root.TryGetProperty("config", out var found) && found.ValueKind == JsonValueKind.Object ? [found] : Array.Empty<JsonElement>();
        return config.Concat(List(root, "layers")).Concat(List(root, "manifests"));
    }

    private static IEnumerable<JsonElement> List(JsonElement root, string name) =>
        root.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : [];

    // An index may leave the platform out, and then the image is for whoever takes it.
    private static string? PlatformOf(JsonElement entry)
    {
        if (!entry.TryGetProperty("platform", out var platform) || platform.ValueKind != JsonValueKind.Object)
        {
            return string.Empty;
        }

        var (os, architecture, variant) = (Text(platform, "os"), Text(platform, "architecture"), Text(platform, "variant"));
        return os == Unknown ? null : variant.Length > 0 ? $"{os}/{architecture}/{variant}" : $"{os}/{architecture}";
    }

    private static string Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String ? member.GetString()! : string.Empty;
}

/// <summary>An image of an index.</summary>
/// <param name="Digest">Its manifest.</param>
/// <param name="Platform">As in <c>linux/arm/v7</c>; empty when the index does not say.</param>
public sealed record PlatformImage(Digest Digest, string Platform);
