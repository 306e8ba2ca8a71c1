using System.Net;
using System.Text;

namespace Registry.Tests.Mirror;

/// <summary>A blob comes from the upstream once, for all who want it, and to each of them as it comes.</summary>
[OnS3]
public sealed class FillTests
{
    private const int MiB = 1 << 20;

    // What the mirror may have received and not passed on yet, and what it withholds at the end.
    private const int OnItsWay = 256 << 10;

    [Theory]
    [Engines]
    public async Task A_hundred_clients_of_a_cold_blob_get_what_has_come_and_cost_the_upstream_its_bytes_once(Engine engine)
    {
        await using var mirror = await Mirroring.StartAsync(engine);
        var (repository, layer, content) = await mirror.PutLayerAsync(32 * MiB);
        mirror.Upstream.HoldsAt = 8 * MiB;

        var readers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => BlobReader.OpenAsync(mirror.App.Client, repository.Name, content)));
        await Task.WhenAll(readers.Select(reader => reader.ReadAsync(8 * MiB - OnItsWay)));
        mirror.Upstream.Release();
        await Task.WhenAll(readers.Select(ReadToEndAsync));

        Assert.Equal([0L], mirror.Upstream.Offsets(layer.Digest));
        Assert.Equal(content.Length, mirror.Upstream.BlobBytes);
        await mirror.Inventory.SettleAsync(blobs: 1);
    }

    [Theory]
    [Engines]
    public async Task Each_client_may_begin_at_another_byte_of_a_blob_that_is_on_its_way(Engine engine)
    {
        await using var mirror = await Mirroring.StartAsync(engine);
        var (repository, layer, content) = await mirror.PutLayerAsync(16 * MiB);
        mirror.Upstream.HoldsAt = 4 * MiB;

        var opened = Enumerable.Range(0, 50).Select(client => BlobReader.OpenAsync(mirror.App.Client, repository.Name, content, 1 + (client * content.Length / 50))).ToList();
        var early = await Task.WhenAll(opened[..10]);
        await Task.WhenAll(early.Select(reader => reader.ReadAsync(4 * MiB - OnItsWay)));
        mirror.Upstream.Release();
        await Task.WhenAll((await Task.WhenAll(opened)).Select(ReadToEndAsync));

        Assert.Equal([0L], mirror.Upstream.Offsets(layer.Digest));
        Assert.Equal(content.Length, mirror.Upstream.BlobBytes);
    }

    [Fact]
    public async Task Several_ranges_of_a_blob_that_is_on_its_way_come_in_one_answer()
    {
        await using var mirror = await Mirroring.StartAsync();
        var (repository, layer, content) = await mirror.PutLayerAsync(4 * MiB);
        mirror.Upstream.HoldsAt = 2 * MiB;

        var asked = Enumerable.Range(0, 10).Select(_ => repository.GetBlobAsync(layer.Digest, "bytes=3000000-3000999,10-19,-5")).ToList();
        using (await BlobReader.OpenAsync(mirror.App.Client, repository.Name, content))
        {
            mirror.Upstream.Release();
        }

        foreach (var answer in asked)
        {
            using var response = await answer;
            await OciAssert.StatusAsync(response, HttpStatusCode.PartialContent);
            var body = await response.Content.ReadAsByteArrayAsync();
            Assert.Equal(
                [.. content[3_000_000..3_001_000], .. content[10..20], .. content[^5..]],
                PartsOf(body, response.Content.Headers.ContentType!.Parameters.Single().Value!));
        }

        Assert.Equal([0L], mirror.Upstream.Offsets(layer.Digest));
    }

    [Theory]
    [Engines]
    public async Task D24_a_fill_goes_on_when_its_client_has_left(Engine engine)
    {
        await using var mirror = await Mirroring.StartAsync(engine);
        var (repository, layer, content) = await mirror.PutLayerAsync(8 * MiB);
        mirror.Upstream.HoldsAt = 4 * MiB;
        using (var reader = await BlobReader.OpenAsync(mirror.App.Client, repository.Name, content))
        {
            await reader.ReadAsync(MiB);
        }

        mirror.Upstream.Release();
        await Eventually.TrueAsync(async () => await mirror.Inventory.CountAsync("blob") == 1, "the blob is stored");

        await mirror.Upstream.StopAsync();
        using var whole = await BlobReader.OpenAsync(mirror.App.Client, repository.Name, content);
        await whole.ReadToEndAsync();
        Assert.Equal([0L], mirror.Upstream.Offsets(layer.Digest));
    }

    [Theory]
    [Engines]
    public async Task A_layer_of_two_repositories_of_an_upstream_is_fetched_once(Engine engine)
    {
        await using var mirror = await Mirroring.StartAsync(engine);
        var (_, layer, content) = await mirror.PutLayerAsync(3 * MiB, "team/app");
        var other = Image.Random(layers: 0);
        var config = other.Config;
        mirror.Upstream.PutBlob("team/other", other.Blobs[config.Digest]);
        mirror.Upstream.PutBlob("team/other", content);
        mirror.Upstream.PutManifest("team/other", Oci.ImageManifest(config, [layer]), Oci.ManifestType, "v1");

        using (var first = await BlobReader.OpenAsync(mirror.App.Client, "up/team/app", content))
        {
            await first.ReadToEndAsync();
        }

        using var manifest = await mirror.Repository("team/other").GetManifestAsync("v1");
        await OciAssert.StatusAsync(manifest, HttpStatusCode.OK);
        using var second = await BlobReader.OpenAsync(mirror.App.Client, "up/team/other", content);
        await second.ReadToEndAsync();

        Assert.Equal([0L], mirror.Upstream.Offsets(layer.Digest));
        Assert.Equal(0, mirror.Upstream.Count($"HEAD team/other/blobs/{layer.Digest}"));
        await mirror.Inventory.SettleAsync(blobs: 1);
    }

    [Fact]
    public async Task A_layer_that_is_on_its_way_for_one_repository_is_not_fetched_for_another_as_well()
    {
        await using var mirror = await Mirroring.StartAsync();
        var (_, layer, content) = await mirror.PutLayerAsync(3 * MiB, "team/app");
        mirror.Upstream.PutBlob("team/other", content);
        mirror.Upstream.HoldsAt = 2 * MiB;

        using var first = await BlobReader.OpenAsync(mirror.App.Client, "up/team/app", content);
        using var second = await BlobReader.OpenAsync(mirror.App.Client, "up/team/other", content);
        mirror.Upstream.Release();
        await Task.WhenAll(first.ReadToEndAsync(), second.ReadToEndAsync());

        // No manifest of the other names it: that it may be had from there was asked upstream.
        Assert.Equal([0L], mirror.Upstream.Offsets(layer.Digest));
        Assert.Equal(1, mirror.Upstream.Count($"HEAD team/other/blobs/{layer.Digest}"));
    }

    [Fact]
    public async Task A_blob_of_another_repository_is_not_shown_in_one_that_does_not_have_it_upstream()
    {
        await using var mirror = await Mirroring.StartAsync();
        var (repository, layer, content) = await mirror.PutLayerAsync(2 * MiB, "team/secret");
        mirror.Upstream.HoldsAt = MiB;
        using var reader = await BlobReader.OpenAsync(mirror.App.Client, repository.Name, content);

        using (var during = await mirror.Repository("team/public").GetBlobAsync(layer.Digest))
        {
            await OciAssert.ErrorAsync(during, HttpStatusCode.NotFound, "BLOB_UNKNOWN");
        }

        mirror.Upstream.Release();
        await reader.ReadToEndAsync();
        using var after = await mirror.Repository("team/public").GetBlobAsync(layer.Digest);
        await OciAssert.ErrorAsync(after, HttpStatusCode.NotFound, "BLOB_UNKNOWN");
    }

    [Fact]
    public async Task Clients_can_neither_see_nor_touch_the_upload_of_a_fill()
    {
        await using var mirror = await Mirroring.StartAsync();
        var (repository, _, content) = await mirror.PutLayerAsync(4 * MiB);
        mirror.Upstream.HoldsAt = 2 * MiB;
        using var reader = await BlobReader.OpenAsync(mirror.App.Client, repository.Name, content);
        var path = $"blobs/uploads/{await mirror.UploadAsync():D}";

        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Patch, HttpMethod.Put, HttpMethod.Delete })
        {
            var query = method == HttpMethod.Put ? $"?digest={Oci.Digest(content)}" : "";
            using var response = await repository.SendAsync(method, path + query);
            Assert.True(response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed, $"{response}");
            using var elsewhere = await mirror.App.Repository("own/app").SendAsync(method, path + query);
            await OciAssert.StatusAsync(elsewhere, HttpStatusCode.NotFound);
        }

        mirror.Upstream.Release();
        await reader.ReadToEndAsync();
    }

    [Fact]
    public async Task HEAD_of_a_blob_that_is_not_here_tells_its_size_and_fetches_nothing()
    {
        await using var mirror = await Mirroring.StartAsync();
        var (repository, layer, content) = await mirror.PutLayerAsync(MiB);

        using var head = await repository.HeadBlobAsync(layer.Digest);

        await OciAssert.DigestAsync(head, HttpStatusCode.OK, layer.Digest);
        Assert.Equal(content.Length, head.Content.Headers.ContentLength);
        Assert.Empty(mirror.Upstream.Offsets(layer.Digest));
    }

    // The bytes of all parts, without their heads.
    private static byte[] PartsOf(byte[] body, string boundary) =>
        [.. Encoding.Latin1.GetString(body).Split($"\r\n--{boundary}")[1..^1].SelectMany(part => Encoding.Latin1.GetBytes(part.Split("\r\n\r\n", 2)[1]))];

    private static async Task ReadToEndAsync(BlobReader reader)
    {
        using (reader)
        {
            await reader.ReadToEndAsync();
        }
    }
}
