using System.Net;
using Microsoft.AspNetCore.Http;
using Registry.Tests.Tokens;

namespace Registry.Tests.Mirror;

/// <summary>When the upstream is asked whether a tag still points where it did, and what is served when it does not answer.</summary>
public sealed class FreshnessTests
{
    // A tag is fresh for five minutes, and for one more it is served while it is looked at.
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Old = TimeSpan.FromMinutes(10);

    private readonly Clock _clock = new();

    [Fact]
    public async Task A_fresh_tag_is_served_without_a_question()
    {
        await using var mirror = await StartAsync();
        var image = await PullAsync(mirror, "v1");
        var before = mirror.Upstream.Requests.Count;

        _clock.Pass(Fresh - TimeSpan.FromSeconds(40));
        for (var i = 0; i < 3; i++)
        {
            using var get = await Repository(mirror).GetManifestAsync("v1");
            await OciAssert.DigestAsync(get, HttpStatusCode.OK, image.Digest, image.Manifest);
            using var head = await Repository(mirror).HeadManifestAsync("v1");
            await OciAssert.DigestAsync(head, HttpStatusCode.OK, image.Digest);
        }

        Assert.Equal(before, mirror.Upstream.Requests.Count);
    }

    [Fact]
    public async Task A_tag_has_the_freshness_of_the_first_pattern_that_fits()
    {
        await using var mirror = await StartAsync(("Upstreams:up:Freshness", "v*=01:00:00,*=00:00:00"));
        await PullAsync(mirror, "v1");
        await PullAsync(mirror, "latest");
        var (pinned, moving) = (Questions(mirror, "v1"), Questions(mirror, "latest"));

        _clock.Pass(Old);
        using var first = await Repository(mirror).GetManifestAsync("v1");
        using var second = await Repository(mirror).GetManifestAsync("latest");

        Assert.Equal((0, 1), (Questions(mirror, "v1") - pinned, Questions(mirror, "latest") - moving));
    }

    [Fact]
    public async Task A_tag_that_has_just_got_old_is_served_at_once_and_looked_at_meanwhile()
    {
        await using var mirror = await StartAsync();
        var (old, next) = (await PullAsync(mirror, "v1"), Image.Random());
        mirror.Upstream.Put("team/app", next, "v1");
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        mirror.Upstream.Instead = async _ =>
        {
            await answer.Task;
            return false;
        };

        _clock.Pass(Fresh + TimeSpan.FromSeconds(20));
        using (var meanwhile = await Repository(mirror).GetManifestAsync("v1"))
        {
            await OciAssert.DigestAsync(meanwhile, HttpStatusCode.OK, old.Digest, old.Manifest);
            Assert.False(meanwhile.Headers.Contains("Warning"));
        }

        answer.SetResult();
        await Eventually.TrueAsync(async () => await DigestAsync(mirror, "v1") == next.Digest, "the tag points to the new image");
    }

    [Fact]
    public async Task An_old_tag_that_points_elsewhere_upstream_does_so_here()
    {
        await using var mirror = await StartAsync();
        var (old, next) = (await PullAsync(mirror, "v1"), Image.Random());
        mirror.Upstream.Put("team/app", next, "v1");

        _clock.Pass(Old);
        using var response = await Repository(mirror).GetManifestAsync("v1");

        await OciAssert.DigestAsync(response, HttpStatusCode.OK, next.Digest, next.Manifest);
        using var byDigest = await Repository(mirror).GetManifestAsync(old.Digest);
        await OciAssert.DigestAsync(byDigest, HttpStatusCode.OK, old.Digest, old.Manifest);
    }

    [Fact]
    public async Task An_old_tag_that_still_points_there_costs_one_HEAD_and_is_fresh_again()
    {
        await using var mirror = await StartAsync();
        var image = await PullAsync(mirror, "v1");
        var gets = mirror.Upstream.Count("GET team/app/manifests/");
        var heads = Questions(mirror, "v1");

        _clock.Pass(Old);
        Assert.Equal(image.Digest, await DigestAsync(mirror, "v1"));

        Assert.Equal((gets, heads + 1), (mirror.Upstream.Count("GET team/app/manifests/"), Questions(mirror, "v1")));
    }

    [Fact]
    public async Task A_tag_that_is_gone_upstream_is_gone_here_and_what_it_pointed_to_stays()
    {
        await using var mirror = await StartAsync();
        var image = await PullAsync(mirror, "v1");
        mirror.Upstream.Remove("team/app", "v1");

        _clock.Pass(Old);
        using var gone = await Repository(mirror).GetManifestAsync("v1");
        await OciAssert.ErrorAsync(gone, HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");
        using var byDigest = await Repository(mirror).GetManifestAsync(image.Digest);
        await OciAssert.DigestAsync(byDigest, HttpStatusCode.OK, image.Digest, image.Manifest);
        Assert.Equal(0, await mirror.Inventory.CountAsync("tag"));
    }

    [Fact]
    public async Task An_upstream_that_tells_no_digests_is_asked_for_what_has_changed()
    {
        await using var mirror = await StartAsync();
        mirror.Upstream.TellsDigests = false;
        var (old, next) = (await PullAsync(mirror, "v1"), Image.Random());

        _clock.Pass(Old);
        Assert.Equal(old.Digest, await DigestAsync(mirror, "v1"));
        Assert.Equal($"\"{old.Digest}\"", mirror.Upstream.Requests.Last().IfNoneMatch);
        mirror.Upstream.Put("team/app", next, "v1");
        _clock.Pass(Old);
        Assert.Equal(next.Digest, await DigestAsync(mirror, "v1"));
    }

    [Theory]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(0)] // nothing listens there
    [InlineData(401)] // and its token server does not answer
    public async Task A_tag_is_served_with_a_warning_when_the_upstream_does_not_answer_as_long_as_its_image_is_here(int status)
    {
        await using var mirror = await StartAsync();
        var (whole, part) = (await PullAsync(mirror, "whole", withBlobs: true), await PullAsync(mirror, "part"));
        _clock.Pass(Old);
        if (status == 0)
        {
            await mirror.Upstream.StopAsync();
        }

        mirror.Upstream.Instead = http => RefuseAsync(http, status);

        using (var served = await Repository(mirror).GetManifestAsync("whole"))
        using (var head = await Repository(mirror).HeadManifestAsync("whole"))
        {
            await OciAssert.DigestAsync(served, HttpStatusCode.OK, whole.Digest, whole.Manifest);
            Assert.All([served, head], response => Assert.StartsWith("299 - \"", OciAssert.Header(response, "Warning"), StringComparison.Ordinal));
        }

        using (var refused = await Repository(mirror).GetManifestAsync("part"))
        using (var unknown = await Repository(mirror).GetManifestAsync("unknown"))
        {
            await OciAssert.ErrorAsync(refused, HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");
            await OciAssert.ErrorAsync(unknown, HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");
        }

        foreach (var image in new[] { whole, part })
        {
            using var byDigest = await Repository(mirror).GetManifestAsync(image.Digest);
            await OciAssert.DigestAsync(byDigest, HttpStatusCode.OK, image.Digest, image.Manifest);
            Assert.False(byDigest.Headers.Contains("Warning"));
        }
    }

    [Fact]
    public async Task An_index_is_served_without_the_upstream_when_one_of_its_images_is_complete()
    {
        await using var mirror = await StartAsync();
        var (here, elsewhere) = (Image.Random(), Image.Random(architecture: "arm64"));
        foreach (var image in new[] { here, elsewhere })
        {
            mirror.Upstream.Put("team/app", image);
        }

        var index = Oci.Index([here.Descriptor with { Platform = new Platform("amd64") }, elsewhere.Descriptor with { Platform = new Platform("arm64") }]);
        var digest = mirror.Upstream.PutManifest("team/app", index, Oci.IndexType, "v1");
        Assert.Equal(digest, await DigestAsync(mirror, "v1"));
        using (var child = await Repository(mirror).GetManifestAsync(here.Digest))
        {
            await OciAssert.StatusAsync(child, HttpStatusCode.OK);
        }

        _clock.Pass(Old);
        await mirror.Upstream.StopAsync();
        using (var refused = await Repository(mirror).GetManifestAsync("v1"))
        {
            await OciAssert.ErrorAsync(refused, HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");
        }

        await mirror.Upstream.StartAgainAsync();
        foreach (var blob in here.Blobs.Keys)
        {
            await Eventually.TrueAsync(
                async () =>
                {
                    using var response = await Repository(mirror).GetBlobAsync(blob);
                    return response.StatusCode is HttpStatusCode.OK;
                },
                "the blob is here");
        }

        await mirror.Upstream.StopAsync();
        using var served = await Repository(mirror).GetManifestAsync("v1");
        await OciAssert.DigestAsync(served, HttpStatusCode.OK, digest, index);
        Assert.True(served.Headers.Contains("Warning"));
    }

    [Fact]
    public async Task An_index_is_kept_byte_for_byte_although_most_of_its_images_never_come()
    {
        await using var mirror = await StartAsync();
        var index = Oci.Index([Image.Random().Descriptor, Image.Random().Descriptor, Image.Random().Descriptor]);
        index = [.. index[..^1], .. "  \n}"u8];
        var digest = mirror.Upstream.PutManifest("team/app", index, Oci.IndexType, "v1");

        foreach (var reference in new[] { "v1", digest })
        {
            using var response = await Repository(mirror).GetManifestAsync(reference);
            await OciAssert.DigestAsync(response, HttpStatusCode.OK, digest, index);
            Assert.Equal(Oci.IndexType, response.Content.Headers.ContentType?.MediaType);
        }

        Assert.Equal(1, await mirror.Inventory.CountAsync("manifest"));
    }

    [Fact]
    public async Task HEAD_of_a_tag_is_enough_to_have_its_manifest()
    {
        await using var mirror = await StartAsync();
        var image = Image.Random();
        mirror.Upstream.Put("team/app", image, "v1");

        using (var head = await Repository(mirror).HeadManifestAsync("v1"))
        {
            await OciAssert.DigestAsync(head, HttpStatusCode.OK, image.Digest);
            Assert.Equal(image.Manifest.Length, head.Content.Headers.ContentLength);
        }

        await mirror.Upstream.StopAsync();
        foreach (var reference in new[] { "v1", image.Digest })
        {
            using var response = await Repository(mirror).GetManifestAsync(reference);
            await OciAssert.DigestAsync(response, HttpStatusCode.OK, image.Digest, image.Manifest);
        }
    }

    [Fact]
    public async Task What_an_upstream_does_not_have_is_not_asked_for_again_at_once()
    {
        await using var mirror = await StartAsync();
        var digest = Oci.Digest(Oci.RandomBytes(10));

        for (var i = 0; i < 5; i++)
        {
            using var byTag = await Repository(mirror).GetManifestAsync("none");
            await OciAssert.ErrorAsync(byTag, HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");
            using var byDigest = await Repository(mirror).GetManifestAsync(digest);
            await OciAssert.ErrorAsync(byDigest, HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");
        }

        Assert.Equal((1, 1), (Questions(mirror, "none"), mirror.Upstream.Count($"GET team/app/manifests/{digest}")));
        Assert.Equal(0, await mirror.Inventory.CountAsync("repository"));
    }

    [Fact]
    public async Task A_hundred_clients_of_a_cold_tag_cost_the_upstream_one_HEAD_and_one_GET()
    {
        await using var mirror = await StartAsync();
        var image = Image.Random();
        mirror.Upstream.Put("team/app", image, "v1");
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        mirror.Upstream.Instead = async _ =>
        {
            await answer.Task;
            return false;
        };

        var asked = Enumerable.Range(0, 100).Select(_ => Repository(mirror).GetManifestAsync("v1")).ToList();
        await Eventually.TrueAsync(() => !mirror.Upstream.Requests.IsEmpty, "the upstream is asked");
        answer.SetResult();
        foreach (var response in await Task.WhenAll(asked))
        {
            using (response)
            {
                await OciAssert.DigestAsync(response, HttpStatusCode.OK, image.Digest, image.Manifest);
            }
        }

        Assert.Equal((1, 1), (Questions(mirror, "v1"), mirror.Upstream.Count("GET team/app/manifests/")));
    }

    [Fact]
    public async Task An_upstream_that_is_switched_off_is_not_asked_and_what_is_complete_is_served()
    {
        using var directory = new TemporaryDirectory();
        (string, string) data = ("DataDirectory", directory.Path);
        Image whole, part;
        await using (var before = await StartAsync(data))
        {
            (whole, part) = (await PullAsync(before, "whole", withBlobs: true), await PullAsync(before, "part"));
        }

        await using var upstream = await ScriptedUpstream.StartAsync();
        await using var app = await RegistryApp.StartAsync(Engine.Sqlite, [data, .. Mirroring.SettingsOf(upstream), ("Upstreams:up:Offline", "true")]);
        var repository = app.Repository("up/team/app");
        using (var served = await repository.GetManifestAsync("whole"))
        {
            await OciAssert.DigestAsync(served, HttpStatusCode.OK, whole.Digest, whole.Manifest);
        }

        await repository.AssertHasAsync(whole);
        foreach (var path in new[] { "manifests/part", "manifests/unknown", $"blobs/{part.Config.Digest}", $"manifests/{Oci.Digest([])}" })
        {
            using var refused = await repository.SendAsync(HttpMethod.Get, path);
            await OciAssert.StatusAsync(refused, HttpStatusCode.NotFound);
        }

        Assert.Empty(upstream.Requests);
    }

    private static async Task<bool> RefuseAsync(HttpContext http, int status)
    {
        http.Response.StatusCode = status;
        if (status == 401)
        {
            http.Response.Headers.WWWAuthenticate = $"Bearer realm=\"http://{http.Request.Host}/token\",service=\"up\",scope=\"repository:team/app:pull\"";
            http.Response.StatusCode = http.Request.Path == "/token" ? 503 : 401;
        }

        await http.Response.CompleteAsync();
        return true;
    }

    private static RepositoryClient Repository(Mirroring mirror) => mirror.Repository("team/app");

    // How often the upstream was asked where a tag points to.
    private static int Questions(Mirroring mirror, string tag) => mirror.Upstream.Count($"HEAD team/app/manifests/{tag}");

    private static async Task<string> DigestAsync(Mirroring mirror, string reference)
    {
        using var response = await Repository(mirror).GetManifestAsync(reference);
        await OciAssert.StatusAsync(response, HttpStatusCode.OK);
        return OciAssert.Header(response, "Docker-Content-Digest");
    }

    private static async Task<Image> PullAsync(Mirroring mirror, string tag, bool withBlobs = false)
    {
        var image = Image.Random();
        mirror.Upstream.Put("team/app", image, tag);
        Assert.Equal(image.Digest, await DigestAsync(mirror, tag));
        if (withBlobs)
        {
            await Repository(mirror).AssertHasAsync(image);
        }

        return image;
    }

    private Task<Mirroring> StartAsync(params (string Key, string Value)[] settings) => Mirroring.StartAsync(_clock, settings);
}
