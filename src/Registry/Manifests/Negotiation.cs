using System.Text.Json;
using Microsoft.Extensions.Primitives;
using Registry.Storage.Oci;

namespace Registry.Manifests;

/// <summary>
/// The one case in which a tag does not answer with what it points to: an index, and a client from before indexes that only
/// accepts single images. It gets the linux/amd64 image, as docker 1.9 and Mesos expect. Nothing is ever converted.
/// </summary>
internal static class Negotiation
{
    /// <summary>Whether the client accepts single manifests by name, and neither an index nor anything.</summary>
    public static bool WantsSingleImage(StringValues accept)
    {
        var single = false;
        foreach (var type in accept.SelectMany(line => (line ?? string.Empty).Split(',', StringSplitOptions.TrimEntries)))
        {
            var bare = type.IndexOf(';', StringComparison.Ordinal) is var parameter and >= 0 ? type[..parameter].TrimEnd() : type;
            if (MediaTypes.IsIndex(bare) || bare is "*/*" or "application/*" or "application/json")
            {
                return false;
            }

            single |= MediaTypes.IsImage(bare) || MediaTypes.IsSchema1(bare);
        }

        return single;
    }

    /// <summary>The linux/amd64 entry of an index in a type the client accepts, or null.</summary>
    public static Digest? FindImage(byte[] index, StringValues accept)
    {
        using var document = JsonDocument.Parse(index);
        foreach (var entry in document.RootElement.GetProperty("manifests").EnumerateArray())
        {
            if (entry.GetProperty("mediaType").GetString() is { } type && accept.Any(line => line!.Contains(type, StringComparison.Ordinal))
                && MediaTypes.IsImage(type) && IsLinuxAmd64(entry)
                && Digest.TryParse(entry.GetProperty("digest").GetString(), out var digest) == DigestSyntax.Valid)
            {
                return digest;
            }
        }

        return null;
    }

    private static bool IsLinuxAmd64(JsonElement entry) =>
        entry.TryGetProperty("platform", out var platform) && platform.ValueKind == JsonValueKind.Object
        && Is(platform, "os", "linux") && Is(platform, "architecture", "amd64");

    private static bool Is(JsonElement platform, string name, string value) =>
        platform.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String && member.ValueEquals(value);
}
