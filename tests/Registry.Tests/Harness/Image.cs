namespace Registry.Tests;

/// <summary>An image as it was made: manifest and blobs by digest, the config among them.</summary>
public sealed record Image(string Digest, string MediaType, byte[] Manifest, Descriptor Config, IReadOnlyList<Descriptor> Layers, IReadOnlyDictionary<string, byte[]> Blobs)
{
    /// <summary>The descriptor by which an index or a referrer names it.</summary>
    public Descriptor Descriptor => new(MediaType, Digest, Manifest.Length);

    /// <summary>A new random image that real clients accept: the config names the layers, every layer is a tar archive.</summary>
    public static Image Random(int layers = 2, int layerSize = 1024, string architecture = "amd64", string algorithm = "sha256", Descriptor? subject = null, string? artifactType = null)
    {
        var contents = Enumerable.Range(0, layers).Select(_ => Oci.TarLayer(layerSize)).ToArray();
        var config = Oci.ImageConfig(architecture, contents);
        var configDescriptor = Descriptor.Of(config, Oci.ConfigType, algorithm);
        var layerDescriptors = contents.Select(layer => Descriptor.Of(layer, Oci.LayerType, algorithm)).ToArray();
        var manifest = Oci.ImageManifest(configDescriptor, layerDescriptors, artifactType, subject);
        var blobs = contents.Append(config).ToDictionary(content => Oci.Digest(content, algorithm));
        return new Image(Oci.Digest(manifest, algorithm), Oci.ManifestType, manifest, configDescriptor, layerDescriptors, blobs);
    }
}
