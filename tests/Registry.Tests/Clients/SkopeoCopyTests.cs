using System.IO.Compression;
using System.Text.Json;

namespace Registry.Tests.Clients;

[Trait("Needs", "clients")]
[OnS3]
public sealed class SkopeoCopyTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [Engines]
    public async Task Image_pushed_from_an_oci_layout_is_pulled_with_the_same_bytes(Engine engine)
    {
        await using var registry = await RegistryProcess.StartAsync(engine);
        var image = Image.Random();

        await Skopeo.CopyExactlyAsync(OciLayout.Write(_directory.File("in"), image).Name, Skopeo.Remote(registry.Address, "library/app", ":1.0"));
        var byTag = new DirectoryLayout(_directory.File("tag"));
        await Skopeo.CopyExactlyAsync(Skopeo.Remote(registry.Address, "library/app", ":1.0"), byTag.Name);
        var byDigest = new DirectoryLayout(_directory.File("digest"));
        await Skopeo.CopyExactlyAsync(Skopeo.Remote(registry.Address, "library/app", $"@{image.Digest}"), byDigest.Name);

        byTag.AssertHolds(image);
        byDigest.AssertHolds(image);
    }

    [Theory]
    [Engines]
    public async Task Image_pushed_from_a_directory_is_pulled_with_the_same_bytes_after_a_restart(Engine engine)
    {
        await using var registry = await RegistryProcess.StartAsync(engine);
        var image = Image.Random();

        await Skopeo.CopyExactlyAsync(DirectoryLayout.Write(_directory.File("in"), image).Name, Skopeo.Remote(registry.Address, "a/b/c/d", ":latest"));
        registry.Terminate();
        await registry.StartAgainAsync();
        var pulled = new DirectoryLayout(_directory.File("out"));
        await Skopeo.CopyExactlyAsync(Skopeo.Remote(registry.Address, "a/b/c/d", ":latest"), pulled.Name);

        pulled.AssertHolds(image);
    }

    [Theory]
    [Engines]
    public async Task Layer_compressed_while_it_is_pushed_unpacks_to_the_same_bytes(Engine engine)
    {
        await using var registry = await RegistryProcess.StartAsync(engine);
        var image = Image.Random(layers: 1, layerSize: 3_000_000);

        await Skopeo.CopyAsync(OciLayout.Write(_directory.File("in"), image).Name, Skopeo.Remote(registry.Address, "app", ":gz"));
        var pulled = new DirectoryLayout(_directory.File("out"));
        await Skopeo.CopyExactlyAsync(Skopeo.Remote(registry.Address, "app", ":gz"), pulled.Name);

        using var manifest = JsonDocument.Parse(pulled.Manifest);
        var layer = manifest.RootElement.GetProperty("layers")[0];
        Assert.Equal($"{Oci.LayerType}+gzip", layer.GetProperty("mediaType").GetString());
        using var unpacked = new MemoryStream();
        await using (var packed = new GZipStream(new MemoryStream(pulled.Blob(layer.GetProperty("digest").GetString()!)), CompressionMode.Decompress))
        {
            await packed.CopyToAsync(unpacked);
        }

        Assert.Equal(image.Blobs[image.Layers[0].Digest], unpacked.ToArray());
    }

    [Theory]
    [Engines]
    public async Task Image_converted_to_docker_schema_2_keeps_config_and_layers(Engine engine)
    {
        await using var registry = await RegistryProcess.StartAsync(engine);
        var image = Image.Random();

        await Skopeo.CopyAsync(OciLayout.Write(_directory.File("in"), image).Name, Skopeo.Remote(registry.Address, "app", ":docker"), "--format=v2s2");
        var pulled = new DirectoryLayout(_directory.File("out"));
        await Skopeo.CopyExactlyAsync(Skopeo.Remote(registry.Address, "app", ":docker"), pulled.Name);

        using var manifest = JsonDocument.Parse(pulled.Manifest);
        Assert.Equal(Oci.DockerManifestType, manifest.RootElement.GetProperty("mediaType").GetString());
        Assert.Equal(image.Layers.Count, manifest.RootElement.GetProperty("layers").GetArrayLength());
        Assert.Equal(image.Blobs[image.Config.Digest], pulled.Blob(manifest.RootElement.GetProperty("config").GetProperty("digest").GetString()!));
    }

    [Theory]
    [Engines]
    public async Task Multi_platform_index_is_copied_with_all_children(Engine engine)
    {
        await using var registry = await RegistryProcess.StartAsync(engine);
        var amd64 = Image.Random(architecture: "amd64");
        var arm64 = Image.Random(architecture: "arm64");
        var (layout, digest, index) = OciLayout.WriteIndex(_directory.File("in"), (amd64, new Platform("amd64")), (arm64, new Platform("arm64") { Variant = "v8" }));

        await Skopeo.CopyExactlyAsync(layout.Name, Skopeo.Remote(registry.Address, "multi/app", ":1"), "--all");
        var pulled = new OciLayout(_directory.File("out"));
        await Skopeo.CopyExactlyAsync(Skopeo.Remote(registry.Address, "multi/app", ":1"), pulled.Name, "--all", "--dest-oci-accept-uncompressed-layers");

        Assert.Equal(index, pulled.Blob(digest));
        pulled.AssertHolds(amd64);
        pulled.AssertHolds(arm64);
    }

    [Theory]
    [Engines]
    public async Task One_platform_of_an_index_is_pulled_by_its_name(Engine engine)
    {
        await using var registry = await RegistryProcess.StartAsync(engine);
        var amd64 = Image.Random(architecture: "amd64");
        var arm64 = Image.Random(architecture: "arm64");
        var (layout, _, _) = OciLayout.WriteIndex(_directory.File("in"), (amd64, new Platform("amd64")), (arm64, new Platform("arm64")));

        await Skopeo.CopyExactlyAsync(layout.Name, Skopeo.Remote(registry.Address, "multi/app", ":1"), "--all");
        var pulled = new DirectoryLayout(_directory.File("out"));
        await Skopeo.CopyAsync(Skopeo.Remote(registry.Address, "multi/app", ":1"), pulled.Name, "--override-arch=arm64");

        pulled.AssertHolds(arm64);
    }

    [Theory]
    [Engines]
    public async Task Image_with_40_layers_is_pulled_with_the_same_bytes(Engine engine)
    {
        await using var registry = await RegistryProcess.StartAsync(engine);
        var image = Image.Random(layers: 40, layerSize: 100_000);

        await Skopeo.CopyExactlyAsync(OciLayout.Write(_directory.File("in"), image).Name, Skopeo.Remote(registry.Address, "app", ":40"));
        var pulled = new DirectoryLayout(_directory.File("out"));
        await Skopeo.CopyExactlyAsync(Skopeo.Remote(registry.Address, "app", ":40"), pulled.Name);

        pulled.AssertHolds(image);
    }

    [Theory]
    [Engines]
    public async Task Image_copied_between_repositories_is_pulled_with_the_same_bytes(Engine engine)
    {
        await using var registry = await RegistryProcess.StartAsync(engine);
        var image = Image.Random();
        await Skopeo.CopyExactlyAsync(OciLayout.Write(_directory.File("in"), image).Name, Skopeo.Remote(registry.Address, "team/dev", ":1"));

        await Skopeo.CopyExactlyAsync(Skopeo.Remote(registry.Address, "team/dev", ":1"), Skopeo.Remote(registry.Address, "team/prod", ":1"));
        var pulled = new DirectoryLayout(_directory.File("out"));
        await Skopeo.CopyExactlyAsync(Skopeo.Remote(registry.Address, "team/prod", ":1"), pulled.Name);

        pulled.AssertHolds(image);
    }
}
