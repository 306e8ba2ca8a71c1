using System.Security.Cryptography;

namespace Registry.Tests.Clients;

[Trait("Needs", "clients")]
[OnS3]
public sealed class SkopeoLargeLayerTests : IDisposable
{
    private const int Block = 1 << 20;
    private const int Blocks = 1024;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [Engines]
    public async Task Layer_of_1_GiB_is_pulled_with_the_same_bytes(Engine engine)
    {
        await using var registry = await RegistryProcess.StartAsync(engine);
        var small = Image.Random(layers: 0);
        var source = DirectoryLayout.Write(_directory.File("in"), small);
        var layer = await WriteLayerAsync();
        File.Move(_directory.File("layer"), source.BlobPath(layer.Digest));
        var manifest = Oci.ImageManifest(small.Config, [layer]);
        await File.WriteAllBytesAsync(Path.Combine(_directory.File("in"), "manifest.json"), manifest);

        await Skopeo.CopyExactlyAsync(source.Name, Skopeo.Remote(registry.Address, "large", ":1"));
        Directory.Delete(_directory.File("in"), recursive: true);
        var pulled = new DirectoryLayout(_directory.File("out"));
        await Skopeo.CopyExactlyAsync(Skopeo.Remote(registry.Address, "large", ":1"), pulled.Name);

        Assert.Equal(manifest, pulled.Manifest);
        await using var content = File.OpenRead(pulled.BlobPath(layer.Digest));
        Assert.Equal(layer.Size, content.Length);
        Assert.Equal(layer.Digest, $"sha256:{Convert.ToHexStringLower(await SHA256.HashDataAsync(content))}");
    }

    /// <summary>Random blocks that differ in their first bytes: cheap to make, and no block can stand in for another.</summary>
    private async Task<Descriptor> WriteLayerAsync()
    {
        var block = Oci.RandomBytes(Block);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var file = File.Create(_directory.File("layer"));
        for (var number = 0; number < Blocks; number++)
        {
            BitConverter.TryWriteBytes(block, number);
            hash.AppendData(block);
            await file.WriteAsync(block);
        }

        return new Descriptor(Oci.LayerType, $"sha256:{Convert.ToHexStringLower(hash.GetHashAndReset())}", (long)Block * Blocks);
    }
}
