using System.Globalization;
using System.IO.Compression;
using System.Net;
using Microsoft.AspNetCore.Http;

namespace Registry.Tests.Mirror;

/// <summary>Whatever an upstream sends in place of a blob: nobody gets all of it, nothing of it stays.</summary>
[OnS3]
public sealed class PoisonTests
{
    private const int MiB = 1 << 20;

    private static readonly Dictionary<string, Func<HttpContext, byte[], Task>> Lies = new()
    {
        ["one bit flipped at the end"] = (http, content) => SendAsync(http, [.. content[..^1], (byte)(content[^1] ^ 1)], content.Length),
        ["one bit flipped at the beginning"] = (http, content) => SendAsync(http, [(byte)(content[0] ^ 1), .. content[1..]], content.Length),
        ["short, and says so"] = (http, content) => SendAsync(http, content[..^100], content.Length - 100),
        ["short, without a length"] = (http, content) => SendAsync(http, content[..^100], null),
        ["longer, and says so"] = (http, content) => SendAsync(http, [.. content, 7], content.Length + 1),
        ["longer, without a length"] = (http, content) => SendAsync(http, [.. content, 7], null),
        ["other bytes of the same length"] = (http, content) => SendAsync(http, Oci.RandomBytes(content.Length), content.Length),
        ["gzip of the right bytes"] = (http, content) =>
        {
            http.Response.Headers.ContentEncoding = "gzip";
            return SendAsync(http, Gzip(content), null);
        },
        ["a page that says welcome"] = (http, _) => SendAsync(http, "<html>welcome</html>"u8.ToArray(), null),
        ["nothing"] = (http, _) => SendAsync(http, [], 0),
    };

    [Theory]
    [Engines]
    public async Task S54_S55_nobody_gets_all_of_a_wrong_blob_nothing_of_it_stays_and_the_right_one_can_be_had_afterwards(Engine engine)
    {
        await using var mirror = await Mirroring.StartAsync(engine);
        foreach (var size in new[] { 3 * MiB, 10_000 })
        {
            foreach (var (number, lie) in Lies.Keys.Index())
            {
                var (repository, layer, content) = await mirror.PutLayerAsync(size, $"team/app-{size}-{number}");
                var before = await mirror.Inventory.CountAsync("blob");
                mirror.Upstream.Instead = http => TellAsync(http, Lies[lie], content);

                var received = await ReceivedAsync(mirror, repository, layer.Digest);
                var after = await mirror.Inventory.CountAsync("blob");
                mirror.Upstream.Instead = null;

                Assert.Equal(before, after);
                Assert.True(received <= content.Length - (16 << 10) || received == 0, $"{lie}: {received} of {content.Length} bytes were given out");
                Assert.True(await IsWholeAsync(mirror, repository.Name, content), $"after \"{lie}\" the right bytes do not come");
            }
        }

        await mirror.Inventory.SettleAsync(blobs: 2 * Lies.Count);
    }

    [Fact]
    public async Task S54_a_blob_that_is_longer_than_its_manifest_says_is_refused_although_its_digest_is_right()
    {
        await using var mirror = await Mirroring.StartAsync();
        var content = Oci.RandomBytes(2 * MiB);
        var image = Image.Random(layers: 1);
        var layer = new Descriptor(Oci.LayerType, Oci.Digest(content), content.Length - 1);
        mirror.Upstream.PutBlob("team/app", content);
        mirror.Upstream.PutBlob("team/app", image.Blobs[image.Config.Digest]);
        mirror.Upstream.PutManifest("team/app", Oci.ImageManifest(image.Config, [layer]), Oci.ManifestType, "v1");
        using var manifest = await mirror.Repository("team/app").GetManifestAsync("v1");
        await OciAssert.StatusAsync(manifest, HttpStatusCode.OK);

        using var blob = await mirror.Repository("team/app").GetBlobAsync(layer.Digest);

        await OciAssert.ErrorAsync(blob, HttpStatusCode.NotFound, "BLOB_UNKNOWN");
        Assert.Equal(0, await mirror.Inventory.CountAsync("blob"));
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task A_blob_that_the_upstream_refuses_is_404_for_every_client_at_once(int status)
    {
        await using var mirror = await Mirroring.StartAsync();
        var (repository, layer, content) = await mirror.PutLayerAsync(2 * MiB);
        mirror.Upstream.Instead = http =>
        {
            http.Response.StatusCode = status;
            http.Response.Headers.RetryAfter = "60";
            return Task.FromResult(true);
        };

        using (var get = await repository.GetBlobAsync(layer.Digest))
        using (var head = await repository.HeadBlobAsync(layer.Digest))
        {
            await OciAssert.ErrorAsync(get, HttpStatusCode.NotFound, "BLOB_UNKNOWN");
            await OciAssert.StatusAsync(head, HttpStatusCode.NotFound);
            Assert.False(get.Headers.Contains("Retry-After") || get.Headers.Contains("WWW-Authenticate"), $"{get}");
        }

        if (status == 404)
        {
            mirror.Upstream.Instead = null;
            using var healed = await repository.GetBlobAsync(layer.Digest);
            await OciAssert.DigestAsync(healed, HttpStatusCode.OK, layer.Digest, content);
        }
    }

    private static async Task<bool> TellAsync(HttpContext http, Func<HttpContext, byte[], Task> lie, byte[] content)
    {
        if (!http.Request.Path.Value!.Contains("/blobs/", StringComparison.Ordinal))
        {
            return false;
        }

        await lie(http, content);
        return true;
    }

    private static async Task<bool> IsWholeAsync(Mirroring mirror, string repository, byte[] content)
    {
        using var reader = await BlobReader.OpenAsync(mirror.App.Client, repository, content);
        try
        {
            await reader.ReadToEndAsync();
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    // Over a bare socket, which does not hide that an answer has ended early.
    private static async Task<long> ReceivedAsync(Mirroring mirror, RepositoryClient repository, string digest)
    {
        await using var connection = await RawHttp.ConnectAsync(mirror.App.DirectAddress);
        await connection.SendHeadAsync($"GET /v2/{repository.Name}/blobs/{digest} HTTP/1.1");
        var head = await connection.ReadResponseAsync(toHead: true);
        if (head.Status == 404)
        {
            return 0;
        }

        var length = long.Parse(head.Header("Content-Length")!, CultureInfo.InvariantCulture);
        var received = await connection.CountAsync(length);
        Assert.True(received < length, $"all of {length} bytes were given out");
        return received;
    }

    private static async Task SendAsync(HttpContext http, byte[] body, long? length)
    {
        http.Response.ContentLength = length;
        if (HttpMethods.IsGet(http.Request.Method))
        {
            await http.Response.Body.WriteAsync(body);
        }
    }

    private static byte[] Gzip(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            gzip.Write(content);
        }

        return packed.ToArray();
    }
}
