using System.Text;
using System.Text.Json.Nodes;

namespace Registry.Tests.Wire;

/// <summary>The JSON of manifests, written out as clients write it.</summary>
internal static class Documents
{
    public const string LayerType = "application/vnd.oci.image.layer.v1.tar+gzip";

    public static JsonObject Descriptor(string mediaType, string digest, long size) =>
        new() { ["mediaType"] = mediaType, ["digest"] = digest, ["size"] = size };

    public static JsonObject Describe(string mediaType, ReadOnlySpan<byte> content, string algorithm = "sha256") =>
        Descriptor(mediaType, RepositoryWire.DigestOf(content, algorithm), content.Length);

    public static JsonObject Image(JsonObject config, params JsonObject[] layers) =>
        new() { ["schemaVersion"] = 2, ["mediaType"] = Oci.ManifestType, ["config"] = config, ["layers"] = new JsonArray([.. layers]) };

    public static JsonObject Index(params JsonObject[] manifests) =>
        new() { ["schemaVersion"] = 2, ["mediaType"] = Oci.IndexType, ["manifests"] = new JsonArray([.. manifests]) };

    /// <summary>An artifact: empty config, an artifactType, the given layers.</summary>
    public static JsonObject Artifact(string artifactType, string algorithm, params JsonObject[] layers)
    {
        var manifest = Image(Describe(Oci.EmptyType, Oci.EmptyContent, algorithm), layers);
        manifest["artifactType"] = artifactType;
        return manifest;
    }

    public static byte[] Bytes(this JsonNode document) => Encoding.UTF8.GetBytes(document.ToJsonString());

    public static JsonObject With(this JsonObject document, string member, JsonNode? value)
    {
        document[member] = value;
        return document;
    }

    public static JsonObject Without(this JsonObject document, string member)
    {
        document.Remove(member);
        return document;
    }
}
