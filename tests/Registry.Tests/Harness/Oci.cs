using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Registry.Tests;

/// <summary>Media types, digests and documents of the OCI image specification.</summary>
public static class Oci
{
    public const string ManifestType = "application/vnd.oci.image.manifest.v1+json";
    public const string IndexType = "application/vnd.oci.image.index.v1+json";
    public const string ConfigType = "application/vnd.oci.image.config.v1+json";
    public const string LayerType = "application/vnd.oci.image.layer.v1.tar";
    public const string EmptyType = "application/vnd.oci.empty.v1+json";
    public const string DockerManifestType = "application/vnd.docker.distribution.manifest.v2+json";
    public const string DockerListType = "application/vnd.docker.distribution.manifest.list.v2+json";
    public const string DockerConfigType = "application/vnd.docker.container.image.v1+json";
    public const string DockerLayerType = "application/vnd.docker.image.rootfs.diff.tar.gzip";
    public const string DockerForeignLayerType = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";

    /// <summary>The content and descriptor of "nothing", used as the config of artifacts.</summary>
    public static readonly byte[] EmptyContent = "{}"u8.ToArray();

    public static readonly Descriptor Empty = Descriptor.Of(EmptyContent, EmptyType);

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static string Digest(byte[] content, string algorithm = "sha256") => algorithm switch
    {
        "sha256" => $"sha256:{Convert.ToHexStringLower(SHA256.HashData(content))}",
        "sha512" => $"sha512:{Convert.ToHexStringLower(SHA512.HashData(content))}",
        _ => throw new ArgumentOutOfRangeException(nameof(algorithm), algorithm, "sha256 or sha512"),
    };

    public static byte[] RandomBytes(int size) => RandomNumberGenerator.GetBytes(size);

    public static byte[] ImageManifest(
        Descriptor config,
        IEnumerable<Descriptor> layers,
        string? artifactType = null,
        Descriptor? subject = null,
        IReadOnlyDictionary<string, string>? annotations = null,
        string mediaType = ManifestType) =>
        Write(new { schemaVersion = 2, mediaType, artifactType, config, layers = layers.ToArray(), subject, annotations });

    public static byte[] Index(
        IEnumerable<Descriptor> manifests,
        string? artifactType = null,
        Descriptor? subject = null,
        IReadOnlyDictionary<string, string>? annotations = null,
        string mediaType = IndexType) =>
        Write(new { schemaVersion = 2, mediaType, artifactType, manifests = manifests.ToArray(), subject, annotations });

    /// <summary>The config of an image whose layers are these uncompressed archives.</summary>
    public static byte[] ImageConfig(string architecture, IReadOnlyList<byte[]> layers) =>
        Write(new
        {
            architecture,
            os = "linux",
            created = "2024-01-01T00:00:00Z",
            config = new { Env = new[] { "PATH=/usr/bin:/bin" }, Cmd = new[] { "/bin/true" } },
            rootfs = new { type = "layers", diff_ids = layers.Select(layer => Digest(layer)).ToArray() },
            history = layers.Select(_ => new { created = "2024-01-01T00:00:00Z", created_by = "test" }).ToArray(),
        });

    /// <summary>A tar archive with one file of random content and random name.</summary>
    public static byte[] TarLayer(int size)
    {
        using var archive = new MemoryStream();
        using (var writer = new TarWriter(archive, leaveOpen: true))
        {
            writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, $"data/{Guid.NewGuid():n}")
            {
                DataStream = new MemoryStream(RandomBytes(size)),
            });
        }

        return archive.ToArray();
    }

    /// <summary>Any document as compact JSON in camel case, without nulls.</summary>
    public static byte[] Write(object document) => JsonSerializer.SerializeToUtf8Bytes(document, Json);
}
