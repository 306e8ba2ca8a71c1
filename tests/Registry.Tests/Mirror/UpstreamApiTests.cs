using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Registry.Tests.Mirror;

/// <summary>What administrators see of upstreams, and what they can ask of them.</summary>
public sealed class UpstreamApiTests
{
    [Fact]
    public async Task An_administrator_sees_what_is_kept_and_what_consumes_the_limit_but_no_password()
    {
        await using var mirror = await Mirroring.StartAsync(
            Engine.Sqlite,
            ("Upstreams:up:Credentials:0:Username", "buyer"), ("Upstreams:up:Credentials:0:Password", "seven kettles"), ("Upstreams:up:Anonymous", "true"));
        using var accounts = await Accounts.CreateAsync(mirror.App);
        var image = Image.Random();
        mirror.Upstream.Put("team/app", image, "v1");
        using (var manifest = await mirror.Repository("team/app").GetManifestAsync("v1"))
        {
            await OciAssert.StatusAsync(manifest, HttpStatusCode.OK);
        }

        var upstream = await accounts.Local.GetFromJsonAsync<JsonElement>("/api/v1/upstreams/up");

        Assert.Equal("up", upstream.GetProperty("alias").GetString());
        Assert.Equal(image.Manifest.Length, upstream.GetProperty("size").GetInt64());
        Assert.Equal("buyer", upstream.GetProperty("accounts")[0].GetProperty("username").GetString());
        Assert.Equal("team/app", upstream.GetProperty("busiest")[0].GetProperty("repository").GetString());
        Assert.Equal(1, upstream.GetProperty("busiest")[0].GetProperty("manifests").GetInt64());
        Assert.DoesNotContain("kettles", upstream.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refresh_asks_for_a_tag_that_is_still_fresh()
    {
        await using var mirror = await Mirroring.StartAsync();
        using var accounts = await Accounts.CreateAsync(mirror.App);
        var (old, current) = (Image.Random(), Image.Random());
        mirror.Upstream.Put("team/app", old, "v1");
        using (var manifest = await mirror.Repository("team/app").GetManifestAsync("v1"))
        {
            await OciAssert.DigestAsync(manifest, HttpStatusCode.OK, old.Digest, old.Manifest);
        }

        mirror.Upstream.Put("team/app", current, "v1");
        var refreshed = await accounts.PostAsync("/upstreams/up/refresh", new { repository = "team/app", tag = "v1" });

        Assert.Equal("current", refreshed.GetProperty("outcome").GetString());
        using var moved = await mirror.Repository("team/app").GetManifestAsync("v1");
        await OciAssert.DigestAsync(moved, HttpStatusCode.OK, current.Digest, current.Manifest);
    }

    [Fact]
    public async Task The_layers_come_with_the_manifest_where_that_is_wanted()
    {
        await using var mirror = await Mirroring.StartAsync(Engine.Sqlite, ("Upstreams:up:Prefetch", "true"));
        var image = Image.Random();
        mirror.Upstream.Put("team/app", image, "v1");
        using var manifest = await mirror.Repository("team/app").GetManifestAsync(image.Digest);
        await OciAssert.StatusAsync(manifest, HttpStatusCode.OK);

        await Eventually.TrueAsync(async () => await mirror.Inventory.CountAsync("blob") == image.Blobs.Count, "the layers are here");
    }

    [Theory]
    [InlineData("docker", "\"registry-mirrors\": [\"https://reg.example/docker.io\"]")]
    [InlineData("containerd", "[host.\"https://reg.example\"]")]
    [InlineData("podman", "location = \"reg.example/docker.io\"")]
    [InlineData("kubernetes", "\"docker.io\":")]
    [InlineData("ci", "mirrors = [\"reg.example/docker.io\"]")]
    public async Task A_snippet_is_filled_in(string client, string line)
    {
        var text = await RegistryCommandLine.RunAsync(null, "", ["mirror", "snippet", client, "--url", "https://reg.example"]);

        Assert.Contains(line, text, StringComparison.Ordinal);
    }
}
