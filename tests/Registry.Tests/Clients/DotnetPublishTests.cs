using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;

namespace Registry.Tests.Clients;

[Trait("Needs", "clients")]
[OnS3]
public sealed class DotnetPublishTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [Engines(false)]
    [Engines(true)]
    public async Task Image_published_by_the_sdk_is_pulled_by_skopeo(Engine engine, bool inChunks)
    {
        await using var registry = await RegistryProcess.StartAsync(engine, ("AccessLog:Enabled", "true"));
        var baseImage = await registry.Repository("base/runtime").PushImageAsync("1.0");
        var app = DotnetApp.Write(_directory.File("app"));

        await app.PublishAsync(registry.Address, "base/runtime:1.0", "team/app", "2.0", inChunks);
        var pulled = new DirectoryLayout(_directory.File("out"));
        await Skopeo.CopyExactlyAsync(Skopeo.Remote(registry.Address, "team/app", ":2.0"), pulled.Name);

        using var manifest = JsonDocument.Parse(pulled.Manifest);
        string[] layers = [.. manifest.RootElement.GetProperty("layers").EnumerateArray().Select(layer => layer.GetProperty("digest").GetString()!)];
        Assert.Equal(baseImage.Layers.Select(layer => layer.Digest), layers[..^1]);
        Assert.All(baseImage.Layers, layer => Assert.Equal(baseImage.Blobs[layer.Digest], pulled.Blob(layer.Digest)));
        Assert.Equal(app.Payload, ReadFile(pulled.Blob(layers[^1]), "app/payload.bin"));
        Assert.Equal(inChunks, await CountPatchesAsync(registry) > DotnetApp.PayloadSize / DotnetApp.ChunkSize);
    }

    // The access log of a process is complete once it has ended.
    private static async Task<int> CountPatchesAsync(RegistryProcess registry)
    {
        registry.Terminate();
        await registry.ExitedAsync();
        return registry.Output.Split('\n').Count(line => line.Contains("\"PATCH\"", StringComparison.Ordinal));
    }

    private static byte[] ReadFile(byte[] layer, string name)
    {
        using var archive = new TarReader(new GZipStream(new MemoryStream(layer), CompressionMode.Decompress));
        while (archive.GetNextEntry(copyData: true) is { } entry)
        {
            if (entry.Name.TrimStart('.', '/') == name)
            {
                using var content = new MemoryStream();
                entry.DataStream!.CopyTo(content);
                return content.ToArray();
            }
        }

        throw new FileNotFoundException($"{name} is not in the layer.");
    }
}
