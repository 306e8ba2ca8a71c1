using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Registry.Mirror;
using Registry.Storage.Manifests;
using Registry.Storage.Oci;

namespace Registry.Tests.Mirror;

/// <summary>An upstream stays within its size: what nobody has pulled for longest goes, and nothing that somebody else needs.</summary>
public sealed class EvictionTests
{
    private const int Layer = 400_000;
    private static readonly string[] Names = ["team/first", "team/second", "team/third"];
    private static readonly (string, string)[] Two = [("Upstreams:up:MaxSize", $"{1 << 20}")];

    [Theory]
    [Engines]
    public async Task What_was_pulled_longest_ago_goes_first_and_comes_again_when_it_is_asked_for(Engine engine)
    {
        await using var mirror = await Mirroring.StartAsync(engine, Two);
        var images = new List<Image>();
        foreach (var name in Names)
        {
            images.Add(await PullAsync(mirror, name, Image.Random(layers: 1, layerSize: Layer)));
            await FlushAsync(mirror);
        }

        using (var again = await mirror.Repository("team/first").GetManifestAsync("v1"))
        {
            await OciAssert.StatusAsync(again, HttpStatusCode.OK);
        }

        await EvictAsync(mirror);

        var here = await Task.WhenAll(Names.Select((name, i) => IsHereAsync(mirror, name, images[i])));
        Assert.Equal([true, false, true], here);
        await mirror.Inventory.SettleAsync(blobs: 4);
        using var gone = await mirror.Repository("team/second").GetManifestAsync("v1");
        await OciAssert.DigestAsync(gone, HttpStatusCode.OK, images[1].Digest, images[1].Manifest);
    }

    [Fact]
    public async Task An_upstream_within_its_size_loses_nothing()
    {
        await using var mirror = await Mirroring.StartAsync(Engine.Sqlite, Two);
        var image = await PullAsync(mirror, "team/app", Image.Random(layers: 1, layerSize: Layer));

        await EvictAsync(mirror);

        Assert.True(await IsHereAsync(mirror, "team/app", image));
    }

    [Fact]
    public async Task A_layer_that_another_image_has_stays()
    {
        await using var mirror = await Mirroring.StartAsync(Engine.Sqlite, Two);
        var shared = Oci.TarLayer(Layer);
        var first = await PullAsync(mirror, "team/first", ImageOf(shared, Oci.TarLayer(Layer)));
        await FlushAsync(mirror);
        var second = await PullAsync(mirror, "team/second", ImageOf(shared, Oci.TarLayer(Layer)));
        await EvictAsync(mirror);
        await mirror.Inventory.SettleAsync(blobs: 3);

        Assert.False(await IsHereAsync(mirror, "team/first", first));
        await mirror.Upstream.StopAsync();
        using var layer = await mirror.Repository("team/second").GetBlobAsync(Oci.Digest(shared));
        await OciAssert.DigestAsync(layer, HttpStatusCode.OK, Oci.Digest(shared), shared);
        Assert.True(await IsHereAsync(mirror, "team/second", second));
    }

    private static Image ImageOf(params byte[][] layers)
    {
        var config = Oci.ImageConfig("amd64", layers);
        var descriptors = layers.Select(layer => Descriptor.Of(layer, Oci.LayerType)).ToArray();
        var manifest = Oci.ImageManifest(Descriptor.Of(config, Oci.ConfigType), descriptors, null, null);
        return new Image(
            Oci.Digest(manifest), Oci.ManifestType, manifest, Descriptor.Of(config, Oci.ConfigType), descriptors, layers.Append(config).ToDictionary(content => Oci.Digest(content)));
    }

    private static async Task<Image> PullAsync(Mirroring mirror, string name, Image image)
    {
        mirror.Upstream.Put(name, image, "v1");
        using var manifest = await mirror.Repository(name).GetManifestAsync("v1");
        await OciAssert.StatusAsync(manifest, HttpStatusCode.OK);
        foreach (var digest in image.Blobs.Keys)
        {
            using var blob = await mirror.Repository(name).GetBlobAsync(digest);
            await OciAssert.DigestAsync(blob, HttpStatusCode.OK, digest, image.Blobs[digest]);
        }

        return image;
    }

    private static Task FlushAsync(Mirroring mirror) => mirror.App.Services.GetRequiredService<PullLog>().FlushAsync(CancellationToken.None);

    private static Task EvictAsync(Mirroring mirror) => mirror.App.Services.GetRequiredService<Eviction>().RunAsync(CancellationToken.None);

    private static async Task<bool> IsHereAsync(Mirroring mirror, string name, Image image)
    {
        Assert.True(RepositoryName.TryParse($"up/{name}", out var repository));
        Assert.Equal(DigestSyntax.Valid, Digest.TryParse(image.Digest, out var digest));
        return await mirror.App.Services.GetRequiredService<ManifestStore>().FindAsync(
            MirrorAsker.Instance, repository, digest, withContent: false, CancellationToken.None) is not null;
    }
}
