using System.Security.Cryptography;
using System.Text;

namespace Registry.Benchmarks.Content;

/// <summary>An image of two small blobs, a configuration of 1 KiB and a layer of 4 KiB, and their manifest.</summary>
internal sealed class SmallImage
{
    private SmallImage(byte[] config, byte[] layer)
    {
        Config = config;
        Layer = layer;
        ConfigDigest = DigestOf(config);
        LayerDigest = DigestOf(layer);
        Manifest = Encoding.UTF8.GetBytes($$"""
            {
              "schemaVersion": 2,
              "mediaType": "{{MediaTypes.Manifest}}",
              "config": {{Descriptor(MediaTypes.Config, config, ConfigDigest)}},
              "layers": [{{Descriptor(MediaTypes.Layer, layer, LayerDigest)}}],
              "annotations": {
                "org.opencontainers.image.created": "2024-05-01T12:00:00Z",
                "org.opencontainers.image.source": "https://git.example.com/team/app",
                "org.opencontainers.image.revision": "0f7c2b0c7a0f4a6b8e1d3c5b7a9f1e2d3c4b5a69"
              }
            }
            """);
        ManifestDigest = DigestOf(Manifest);
    }

    public byte[] Config { get; }

    public string ConfigDigest { get; }

    public byte[] Layer { get; }

    public string LayerDigest { get; }

    public byte[] Manifest { get; }

    public string ManifestDigest { get; }

    /// <summary>An image that no other call returns.</summary>
    public static SmallImage Create()
    {
        var config = new byte[1024];
        var layer = new byte[4096];
        Random.Shared.NextBytes(config);
        Random.Shared.NextBytes(layer);
        return new SmallImage(config, layer);
    }

    /// <summary>A manifest that is about this image and shares its blobs.</summary>
    public byte[] Referrer(string artifactType) => Encoding.UTF8.GetBytes($$"""
        {
          "schemaVersion": 2,
          "mediaType": "{{MediaTypes.Manifest}}",
          "artifactType": "{{artifactType}}",
          "config": {{Descriptor(MediaTypes.Config, Config, ConfigDigest)}},
          "layers": [{{Descriptor(MediaTypes.Layer, Layer, LayerDigest)}}],
          "subject": {{Descriptor(MediaTypes.Manifest, Manifest, ManifestDigest)}},
          "annotations": { "org.opencontainers.image.created": "2024-05-01T12:00:00Z" }
        }
        """);

    private static string Descriptor(string mediaType, byte[] content, string digest) =>
        $$"""{ "mediaType": "{{mediaType}}", "digest": "{{digest}}", "size": {{content.Length}} }""";

    private static string DigestOf(byte[] content) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(content));
}
