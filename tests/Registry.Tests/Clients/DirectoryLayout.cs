namespace Registry.Tests.Clients;

/// <summary>skopeo's "dir:" layout: the manifest beside the blobs, each named by the hex part of its digest.</summary>
public sealed class DirectoryLayout(string path)
{
    public string Name { get; } = $"dir:{path}";

    public byte[] Manifest => File.ReadAllBytes(Path.Combine(path, "manifest.json"));

    public static DirectoryLayout Write(string path, Image image)
    {
        var layout = new DirectoryLayout(path);
        Directory.CreateDirectory(path);
        File.WriteAllText(Path.Combine(path, "version"), "Directory Transport Version: 1.1\n");
        File.WriteAllBytes(Path.Combine(path, "manifest.json"), image.Manifest);
        foreach (var (digest, content) in image.Blobs)
        {
            File.WriteAllBytes(layout.BlobPath(digest), content);
        }

        return layout;
    }

    public byte[] Blob(string digest) => File.ReadAllBytes(BlobPath(digest));

    public string BlobPath(string digest) => Path.Combine(path, digest[(digest.IndexOf(':', StringComparison.Ordinal) + 1)..]);

    public void AssertHolds(Image image)
    {
        Assert.Equal(image.Manifest, Manifest);
        Assert.All(image.Blobs, blob => Assert.Equal(blob.Value, Blob(blob.Key)));
    }
}
