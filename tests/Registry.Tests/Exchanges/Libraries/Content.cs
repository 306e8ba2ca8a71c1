namespace Registry.Tests.Exchanges.Libraries;

/// <summary>Bytes with the media type under which a client pushes them: a blob or a manifest.</summary>
internal sealed record Content(byte[] Bytes, string MediaType)
{
    public string Digest { get; } = Oci.Digest(Bytes);

    public Descriptor Descriptor => new(MediaType, Digest, Bytes.Length);

    /// <summary>Random bytes, for a layer that nobody opens.</summary>
    public static Content Random(string mediaType, int size = 4096) => new(Oci.RandomBytes(size), mediaType);

    /// <summary>A document that no other test pushes.</summary>
    public static Content Json(string mediaType, object document) => new(Oci.Write(document), mediaType);

    public static Content Manifest(Content config, params IEnumerable<Content> layers) =>
        new(Oci.ImageManifest(config.Descriptor, layers.Select(layer => layer.Descriptor)), Oci.ManifestType);

    /// <summary>The blobs of an image, layers first and the config last, as clients push them.</summary>
    public static IEnumerable<Content> Blobs(Image image) =>
        image.Layers.Append(image.Config).Select(descriptor => new Content(image.Blobs[descriptor.Digest], descriptor.MediaType));

    public static Content Manifest(Image image) => new(image.Manifest, image.MediaType);
}
