using System.Formats.Tar;

namespace Registry.Tests.Clients;

/// <summary>The format of <c>docker save</c> and <c>docker load</c>: config, layers and a list of both in one archive.</summary>
public static class DockerArchive
{
    /// <summary>Writes the archive of an image with the name it gets when it is loaded.</summary>
    public static void Write(string path, Image image, string name)
    {
        using var writer = new TarWriter(File.Create(path));
        foreach (var (digest, content) in image.Blobs)
        {
            Add(writer, FileName(digest), content);
        }

        Add(writer, "manifest.json", Oci.Write(new[]
        {
            new Dictionary<string, object>
            {
                ["Config"] = FileName(image.Config.Digest),
                ["RepoTags"] = new[] { name },
                ["Layers"] = image.Layers.Select(layer => FileName(layer.Digest)),
            },
        }));
    }

    private static string FileName(string digest) => digest["sha256:".Length..];

    private static void Add(TarWriter writer, string name, byte[] content) =>
        writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });
}
