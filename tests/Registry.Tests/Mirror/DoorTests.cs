using System.Net;
using Registry.Configuration;

namespace Registry.Tests.Mirror;

/// <summary>By whichever door, a name means the same; and no name means two things.</summary>
public sealed class DoorTests
{
    private static readonly (string, string)[] Hub = [("Upstreams:up:Names", "docker.io"), ("Upstreams:up:Hosts", "hub.test")];

    [Fact]
    public async Task All_doors_lead_to_the_same_manifest_and_the_upstream_is_asked_for_it_once()
    {
        await using var mirror = await Mirroring.StartAsync(Engine.Sqlite, Hub);
        var image = Image.Random();
        mirror.Upstream.Put("library/nginx", image, "v1");

        foreach (var (path, host, ns) in new (string, string?, string?)[]
        {
            ("v2/up/library/nginx", null, null),
            ("v2/up/nginx", null, null),
            ("v2/library/nginx", null, "docker.io"),
            ("v2/nginx", null, "docker.io"),
            ("v2/library/nginx", null, "DOCKER.IO"),
            ("v2/library/nginx", null, "up"),
            ("v2/library/nginx", null, mirror.Upstream.Address.Authority),
            ("v2/up/library/nginx", null, "docker.io"),
            ("up/v2/library/nginx", null, null),
            ("up/v2/nginx", null, null),
            ("up/v2/library/nginx", null, "docker.io"),
            ("up/v2/up/library/nginx", null, null),
            ("v2/library/nginx", "hub.test", null),
            ("v2/library/nginx", "hub.test:5000", null),
            ("v2/nginx", "HUB.TEST", null),
            ("v2/library/nginx", "hub.test", "docker.io"),
        })
        {
            var query = ns is null ? "" : $"?ns={Uri.EscapeDataString(ns)}";
            using var response = await SendAsync(mirror.App, HttpMethod.Get, $"{path}/manifests/v1{query}", host);
            await OciAssert.DigestAsync(response, HttpStatusCode.OK, image.Digest, image.Manifest);
            using var blob = await SendAsync(mirror.App, HttpMethod.Get, $"{path}/blobs/{image.Config.Digest}{query}", host);
            await OciAssert.DigestAsync(blob, HttpStatusCode.OK, image.Config.Digest, image.Blobs[image.Config.Digest]);
            var told = response.Headers.TryGetValues("OCI-Namespace", out var values) ? values.Single() : null;
            Assert.Equal(path.StartsWith("v2/", StringComparison.Ordinal) ? ns : null, told);
        }

        Assert.Equal(1, mirror.Upstream.Count($"GET library/nginx/manifests/{image.Digest}"));
        Assert.Equal([0L], mirror.Upstream.Offsets(image.Config.Digest));
        Assert.Equal(1, await mirror.Inventory.CountAsync("repository"));
    }

    [Fact]
    public async Task The_name_of_an_upstream_in_the_path_counts_more_than_ns_and_host()
    {
        await using var other = await ScriptedUpstream.StartAsync();
        await using var mirror = await Mirroring.StartAsync(
            Engine.Sqlite, [.. Hub, ("Upstreams:other:Address", $"{other.Address}"), ("Upstreams:other:Names", "ghcr.io"), ("Upstreams:other:Hosts", "other.test")]);
        var (here, there) = (Image.Random(), Image.Random());
        mirror.Upstream.Put("library/nginx", here, "v1");
        other.Put("library/nginx", there, "v1");

        foreach (var (path, host, expected) in new[]
        {
            ("v2/up/library/nginx/manifests/v1?ns=ghcr.io", "other.test", here),
            ("up/v2/library/nginx/manifests/v1?ns=ghcr.io", "other.test", here),
            ("v2/library/nginx/manifests/v1?ns=ghcr.io", "hub.test", there),
            ("v2/library/nginx/manifests/v1", "other.test", there),
        })
        {
            using var response = await SendAsync(mirror.App, HttpMethod.Get, path, host);
            await OciAssert.DigestAsync(response, HttpStatusCode.OK, expected.Digest, expected.Manifest);
        }
    }

    [Fact]
    public async Task An_ns_that_is_not_mirrored_is_404_and_nobody_is_asked()
    {
        await using var mirror = await Mirroring.StartAsync();
        var image = await mirror.App.Repository("library/nginx").PushImageAsync("v1");

        foreach (var path in new[] { "manifests/v1", $"manifests/{image.Digest}", $"blobs/{image.Config.Digest}", "tags/list" })
        {
            using var response = await SendAsync(mirror.App, HttpMethod.Get, $"v2/library/nginx/{path}?ns=quay.io");
            await OciAssert.ErrorAsync(response, HttpStatusCode.NotFound, "NAME_UNKNOWN");
            Assert.False(response.Headers.Contains("OCI-Namespace"));
        }

        Assert.Empty(mirror.Upstream.Requests);
    }

    [Fact]
    public async Task The_ns_of_the_registry_itself_is_ignored()
    {
        await using var mirror = await Mirroring.StartAsync();
        var image = await mirror.App.Repository("own/app").PushImageAsync("v1");

        foreach (var ns in new[] { mirror.App.Address.Authority, mirror.App.Address.Host })
        {
            using var response = await SendAsync(mirror.App, HttpMethod.Get, $"v2/own/app/manifests/v1?ns={ns}");
            await OciAssert.DigestAsync(response, HttpStatusCode.OK, image.Digest, image.Manifest);
        }
    }

    [Fact]
    public async Task S56_a_local_name_is_not_reached_through_a_door_nor_an_upstreams_without_one()
    {
        await using var mirror = await Mirroring.StartAsync(Engine.Sqlite, Hub);
        var (local, remote) = (await mirror.App.Repository("team/app").PushImageAsync("v1"), Image.Random());
        var hidden = await mirror.App.Repository("team/hidden").PushImageAsync("v1");
        mirror.Upstream.Put("team/app", remote, "v1");
        mirror.Upstream.Put("team/theirs", remote, "v1");

        using (var own = await SendAsync(mirror.App, HttpMethod.Get, "v2/team/app/manifests/v1"))
        using (var theirs = await SendAsync(mirror.App, HttpMethod.Get, "v2/team/theirs/manifests/v1"))
        using (var blob = await SendAsync(mirror.App, HttpMethod.Get, $"v2/team/app/blobs/{remote.Config.Digest}"))
        {
            await OciAssert.DigestAsync(own, HttpStatusCode.OK, local.Digest, local.Manifest);
            await OciAssert.ErrorAsync(theirs, HttpStatusCode.NotFound, "NAME_UNKNOWN");
            await OciAssert.ErrorAsync(blob, HttpStatusCode.NotFound, "BLOB_UNKNOWN");
            Assert.Empty(mirror.Upstream.Requests);
        }

        foreach (var (path, query, host) in new[] { ("v2", "?ns=docker.io", null), ("up/v2", "", null), ("v2", "", "hub.test"), ("v2/up", "", null) })
        {
            using var theirs = await SendAsync(mirror.App, HttpMethod.Get, $"{path}/team/app/manifests/v1{query}", host);
            await OciAssert.DigestAsync(theirs, HttpStatusCode.OK, remote.Digest, remote.Manifest);
            using var byTag = await SendAsync(mirror.App, HttpMethod.Get, $"{path}/team/hidden/manifests/v1{query}", host);
            await OciAssert.StatusAsync(byTag, HttpStatusCode.NotFound);
            using var byDigest = await SendAsync(mirror.App, HttpMethod.Get, $"{path}/team/hidden/manifests/{hidden.Digest}{query}", host);
            await OciAssert.StatusAsync(byDigest, HttpStatusCode.NotFound);
            using var config = await SendAsync(mirror.App, HttpMethod.Get, $"{path}/team/app/blobs/{local.Config.Digest}{query}", host);
            await OciAssert.ErrorAsync(config, HttpStatusCode.NotFound, "BLOB_UNKNOWN");
        }
    }

    [Fact]
    public async Task Nothing_is_pushed_to_an_upstream_and_the_answer_says_why()
    {
        await using var mirror = await Mirroring.StartAsync(Engine.Sqlite, [.. Hub, ("Access:Open", "true")]);
        var own = await mirror.App.Repository("own/app").PushImageAsync("v1");
        mirror.Upstream.Put("team/app", Image.Random(), "v1");

        foreach (var (path, query, host) in new[] { ("v2/up", "?", null), ("v2", "?ns=docker.io&", null), ("up/v2", "?", null), ("v2", "?", "hub.test") })
        {
            foreach (var (method, rest) in new[]
            {
                (HttpMethod.Post, $"blobs/uploads/{query}"),
                (HttpMethod.Post, $"blobs/uploads/{query}mount={own.Config.Digest}&from=own/app"),
                (HttpMethod.Post, $"blobs/uploads/{query}mount={own.Config.Digest}"),
                (HttpMethod.Put, $"manifests/v2{query}"),
                (HttpMethod.Put, $"manifests/{own.Digest}{query}"),
            })
            {
                using var response = await SendAsync(mirror.App, method, $"{path}/team/app/{rest}", host, own.Manifest);
                var error = await OciAssert.ErrorAsync(response, HttpStatusCode.MethodNotAllowed, "UNSUPPORTED");
                Assert.Contains("nothing can be pushed there", error.GetProperty("message").GetString(), StringComparison.Ordinal);
            }
        }

        Assert.Empty(mirror.Upstream.Requests);
        Assert.Equal(0, await mirror.Inventory.CountAsync("upload", "result_digest is null"));
    }

    [Fact]
    public async Task Who_may_can_delete_what_is_kept_of_an_upstream()
    {
        await using var mirror = await Mirroring.StartAsync();
        var (repository, layer, content) = await mirror.PutLayerAsync(10_000);
        using (var reader = await BlobReader.OpenAsync(mirror.App.Client, repository.Name, content))
        {
            await reader.ReadToEndAsync();
        }

        using (var deleted = await repository.SendAsync(HttpMethod.Delete, "manifests/v1"))
        {
            await OciAssert.StatusAsync(deleted, HttpStatusCode.Accepted);
        }

        // And it comes again when somebody asks for it.
        using var again = await repository.GetManifestAsync("v1");
        await OciAssert.StatusAsync(again, HttpStatusCode.OK);
        using var blob = await repository.GetBlobAsync(layer.Digest);
        await OciAssert.DigestAsync(blob, HttpStatusCode.OK, layer.Digest, content);
    }

    [Fact]
    public async Task An_upstream_over_a_namespace_with_images_of_its_own_stops_the_start()
    {
        using var directory = new TemporaryDirectory();
        await using var upstream = await ScriptedUpstream.StartAsync();
        await using (var before = await RegistryApp.StartAsync(Engine.Sqlite, ("DataDirectory", directory.Path)))
        {
            await before.Repository("up/app").PushImageAsync("v1");
        }

        var refused = await Assert.ThrowsAsync<ConfigurationException>(
            () => RegistryApp.StartAsync(Engine.Sqlite, [("DataDirectory", directory.Path), .. Mirroring.SettingsOf(upstream)]));

        Assert.Contains("Upstreams:up", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_pulled_stays_the_upstreams_when_it_is_configured_again()
    {
        using var directory = new TemporaryDirectory();
        await using var upstream = await ScriptedUpstream.StartAsync();
        var image = Image.Random();
        upstream.Put("team/app", image, "v1");
        (string, string)[] settings = [("DataDirectory", directory.Path), .. Mirroring.SettingsOf(upstream)];
        await using (var before = await RegistryApp.StartAsync(Engine.Sqlite, settings))
        {
            using var response = await before.Repository("up/team/app").GetManifestAsync("v1");
            await OciAssert.StatusAsync(response, HttpStatusCode.OK);
        }

        await using var after = await RegistryApp.StartAsync(Engine.Sqlite, settings);
        await upstream.StopAsync();
        using var again = await after.Repository("up/team/app").GetManifestAsync("v1");
        await OciAssert.DigestAsync(again, HttpStatusCode.OK, image.Digest, image.Manifest);
    }

    internal static Task<HttpResponseMessage> SendAsync(
        RegistryApp app, HttpMethod method, string path, string? host = null, byte[]? content = null, string? authorization = null)
    {
        var request = new HttpRequestMessage(method, path) { Content = content is null ? null : new ByteArrayContent(content) };
        request.Headers.Host = host;
        if (content is not null)
        {
            request.Content!.Headers.ContentType = new(Oci.ManifestType);
        }

        if (authorization is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        return app.Client.SendAsync(request);
    }
}
