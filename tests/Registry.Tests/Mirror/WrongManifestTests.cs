using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Registry.Tests.Mirror;

/// <summary>A manifest that an upstream should not have sent is refused with a sentence, and nothing of it stays.</summary>
public sealed class WrongManifestTests
{
    private static readonly Image Right = Image.Random();

    private static readonly Dictionary<string, (byte[] Content, string Type)> Manifests = new()
    {
        ["another image"] = (Image.Random().Manifest, Oci.ManifestType),
        ["nothing"] = ([], Oci.ManifestType),
        ["half of it"] = (Right.Manifest[..(Right.Manifest.Length / 2)], Oci.ManifestType),
        ["schema 1"] = (
            """{"schemaVersion":1,"name":"team/app","tag":"v1","architecture":"amd64","fsLayers":[],"history":[],"signatures":[]}"""u8.ToArray(),
            "application/vnd.docker.distribution.manifest.v1+prettyjws"),
        ["manifest and index at once"] = (
            Encoding.UTF8.GetBytes($$"""{"schemaVersion":2,"mediaType":"{{Oci.ManifestType}}","config":{"mediaType":"{{Oci.ConfigType}}","digest":"{{Right.Config.Digest}}","size":2},"layers":[],"manifests":[]}"""),
            Oci.ManifestType),
        ["a type that the content contradicts"] = (Right.Manifest, Oci.IndexType),
        ["no JSON"] = ("<html>Please sign in</html>"u8.ToArray(), "text/html"),
    };

    public static TheoryData<string> Names => [.. Manifests.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task S54_a_wrong_manifest_is_404_and_nothing_is_stored_by_digest_nor_by_tag(string name)
    {
        await using var mirror = await Mirroring.StartAsync();
        var (content, type) = Manifests[name];
        foreach (var tells in new[] { true, false })
        {
            mirror.Upstream.Instead = http => SendAsync(http, content, type, tells ? Right.Digest : null);
            using var byDigest = await mirror.Repository("team/app").GetManifestAsync(Right.Digest);
            await OciAssert.ErrorAsync(byDigest, HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");
            if (tells)
            {
                using var byTag = await mirror.Repository("team/app").GetManifestAsync("v1");
                await OciAssert.ErrorAsync(byTag, HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");
            }
        }

        mirror.Upstream.Instead = null;
        mirror.Upstream.Put("team/app", Right, "v1");
        using var healed = await mirror.Repository("team/app").GetManifestAsync("v1");
        await OciAssert.DigestAsync(healed, HttpStatusCode.OK, Right.Digest, Right.Manifest);
        Assert.Equal(1, await mirror.Inventory.CountAsync("manifest"));
    }

    [Theory]
    [InlineData("schema 1")]
    [InlineData("manifest and index at once")]
    [InlineData("no JSON")]
    [InlineData("nothing")]
    public async Task What_is_no_manifest_is_refused_although_its_digest_is_right(string name)
    {
        await using var mirror = await Mirroring.StartAsync();
        var (content, type) = Manifests[name];
        var digest = mirror.Upstream.PutManifest("team/app", content, type, "v1");

        foreach (var reference in new[] { "v1", digest })
        {
            using var response = await mirror.Repository("team/app").GetManifestAsync(reference);
            await OciAssert.ErrorAsync(response, HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");
        }

        Assert.Equal((0, 0), (await mirror.Inventory.CountAsync("manifest"), await mirror.Inventory.CountAsync("tag")));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_manifest_of_100_MiB_is_not_read_to_its_end(bool withLength)
    {
        await using var mirror = await Mirroring.StartAsync();
        mirror.Upstream.Instead = async http =>
        {
            http.Response.ContentType = Oci.ManifestType;
            http.Response.ContentLength = withLength ? 100 << 20 : null;
            http.Response.Headers["Docker-Content-Digest"] = Right.Digest;
            for (var sent = 0; sent < 8 && HttpMethods.IsGet(http.Request.Method); sent++)
            {
                await http.Response.Body.WriteAsync(new byte[1 << 20], http.RequestAborted);
            }

            // Who wants to have the rest waits for ever.
            await (HttpMethods.IsGet(http.Request.Method) ? Task.Delay(Timeout.Infinite, http.RequestAborted) : Task.CompletedTask);
            return true;
        };

        foreach (var reference in new[] { "v1", Right.Digest })
        {
            using var response = await mirror.Repository("team/app").GetManifestAsync(reference);
            await OciAssert.ErrorAsync(response, HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");
        }

        Assert.Equal(0, await mirror.Inventory.CountAsync("manifest"));
    }

    private static async Task<bool> SendAsync(HttpContext http, byte[] content, string type, string? digest)
    {
        http.Response.ContentType = type;
        http.Response.ContentLength = content.Length;
        if (digest is not null)
        {
            http.Response.Headers["Docker-Content-Digest"] = digest;
        }

        if (HttpMethods.IsGet(http.Request.Method))
        {
            await http.Response.Body.WriteAsync(content);
        }

        return true;
    }
}
