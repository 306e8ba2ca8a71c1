using System.Formats.Tar;

namespace Registry.Tests.Clients;

/// <summary>An OCI image layout on disk, the source and target of copies: blobs by digest and one tagged top manifest.</summary>
public sealed class OciLayout(string path)
{
    /// <summary>The name of the tagged image as skopeo takes it.</summary>
    public string Name { get; } = $"oci:{path}:test";

    public static OciLayout Write(string path, Image image)
    {
        var layout = new OciLayout(path);
        layout.Add(image);
        layout.SetTop(image.Descriptor);
        return layout;
    }

    /// <summary>An index over the images, as a multi-platform build leaves it. Returns the digest of the index too.</summary>
    public static (OciLayout Layout, string Digest, byte[] Index) WriteIndex(string path, params IReadOnlyList<(Image Image, Platform Platform)> children)
    {
        var layout = new OciLayout(path);
        foreach (var (image, _) in children)
        {
            layout.Add(image);
        }

        var index = Oci.Index(children.Select(child => child.Image.Descriptor with { Platform = child.Platform }));
        layout.AddBlob(index);
        layout.SetTop(Descriptor.Of(index, Oci.IndexType));
        return (layout, Oci.Digest(index), index);
    }

    /// <summary>The layout of an archive, unpacked into an empty folder.</summary>
    public static OciLayout Unpack(string archive, string path)
    {
        Directory.CreateDirectory(path);
        TarFile.ExtractToDirectory(archive, path, overwriteFiles: false);
        return new OciLayout(path);
    }

    /// <summary>Writes the layout as an archive.</summary>
    public void Pack(string archive) => TarFile.CreateFromDirectory(path, archive, includeBaseDirectory: false);

    public byte[] Blob(string digest) => File.ReadAllBytes(BlobPath(digest));

    public string BlobPath(string digest) => Path.Combine(path, "blobs", digest.Replace(':', '/'));

    /// <summary>All blobs are there, byte for byte.</summary>
    public void AssertHolds(Image image)
    {
        Assert.Equal(image.Manifest, Blob(image.Digest));
        Assert.All(image.Blobs, blob => Assert.Equal(blob.Value, Blob(blob.Key)));
    }

    public void AddBlob(byte[] content)
    {
        Directory.CreateDirectory(Path.Combine(path, "blobs", "sha256"));
        File.WriteAllBytes(BlobPath(Oci.Digest(content)), content);
    }

    public void SetTop(Descriptor descriptor)
    {
        File.WriteAllBytes(Path.Combine(path, "oci-layout"), Oci.Write(new { imageLayoutVersion = "1.0.0" }));
        var named = descriptor with { Annotations = new Dictionary<string, string> { ["org.opencontainers.image.ref.name"] = "test" } };
        File.WriteAllBytes(Path.Combine(path, "index.json"), Oci.Write(new { schemaVersion = 2, manifests = new[] { named } }));
    }

    private void Add(Image image)
    {
        AddBlob(image.Manifest);
        foreach (var blob in image.Blobs.Values)
        {
            AddBlob(blob);
        }
    }
}
