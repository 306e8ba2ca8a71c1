using System.Net;
using System.Text.Json;

namespace Registry.Tests.Mirror;

/// <summary>What an upstream shows to everyone, and what it shows to the registry alone.</summary>
public sealed class PrivacyTests
{
    private static readonly (string, string)[] Hub = [("Upstreams:up:Names", "docker.io"), ("Upstreams:up:Hosts", "hub.test")];

    private static readonly (string, string)[] Private = [.. Hub, ("Upstreams:up:Anonymous", "false")];

    [Fact]
    public async Task A_private_upstream_asks_for_a_token_for_the_name_that_it_has_here()
    {
        await using var mirror = await Mirroring.StartAsync(Engine.Sqlite, Private);
        using var accounts = await Accounts.CreateAsync(mirror.App);
        var reader = await accounts.UserAsync("reader", "reader", "up/*");
        var image = Image.Random();
        mirror.Upstream.Put("library/nginx", image, "v1");

        foreach (var (path, host) in new[]
        {
            ("v2/library/nginx/manifests/v1?ns=docker.io", null), ("up/v2/nginx/manifests/v1", null), ("v2/up/nginx/manifests/v1", null), ("v2/library/nginx/manifests/v1", "hub.test"),
        })
        {
            using (var refused = await DoorTests.SendAsync(mirror.App, HttpMethod.Get, path, host))
            {
                await OciAssert.ErrorAsync(refused, HttpStatusCode.Unauthorized, "UNAUTHORIZED");
                Assert.Contains("scope=\"repository:up/library/nginx:pull\"", OciAssert.Header(refused, "WWW-Authenticate"), StringComparison.Ordinal);
            }

            using var response = await DoorTests.SendAsync(
                mirror.App, HttpMethod.Get, path, host, authorization: $"Bearer {await TokenAsync(mirror.App, reader, "repository:up/library/nginx:pull")}");
            await OciAssert.DigestAsync(response, HttpStatusCode.OK, image.Digest, image.Manifest);
        }

        using var basic = await DoorTests.SendAsync(mirror.App, HttpMethod.Get, "v2/nginx/manifests/v1?ns=docker.io", authorization: $"{reader.Basic}");
        await OciAssert.StatusAsync(basic, HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_private_upstream_is_not_asked_for_strangers_and_looks_to_them_as_if_there_were_nothing()
    {
        await using var mirror = await Mirroring.StartAsync(Engine.Sqlite, Private);
        using var accounts = await Accounts.CreateAsync(mirror.App);
        var stranger = await accounts.UserAsync("stranger", "reader", "elsewhere/*");
        var reader = await accounts.UserAsync("reader", "reader", "up/*");
        var image = Image.Random();
        mirror.Upstream.Put("team/here", image, "v1");
        mirror.Upstream.Put("team/there", image, "v1");
        foreach (var path in new[] { "manifests/v1", $"blobs/{image.Config.Digest}" })
        {
            using var response = await DoorTests.SendAsync(mirror.App, HttpMethod.Get, $"v2/up/team/here/{path}", authorization: $"{reader.Basic}");
            await OciAssert.StatusAsync(response, HttpStatusCode.OK);
        }

        var before = mirror.Upstream.Requests.Count;
        var token = await TokenAsync(mirror.App, stranger, "repository:up/team/here:pull", "repository:up/team/there:pull", "repository:up/team/none:pull");
        foreach (var path in new[] { "manifests/v1", "manifests/none", $"manifests/{image.Digest}", $"blobs/{image.Config.Digest}", "tags/list", $"referrers/{image.Digest}" })
        {
            foreach (var authorization in new[] { null, $"Bearer {token}", $"{stranger.Basic}" })
            {
                var answers = new List<string>();
                foreach (var repository in new[] { "here", "there", "none" })
                {
                    using var get = await DoorTests.SendAsync(mirror.App, HttpMethod.Get, $"v2/up/team/{repository}/{path}", authorization: authorization);
                    using var head = await DoorTests.SendAsync(mirror.App, HttpMethod.Head, $"v2/team/{repository}/{path}?ns=docker.io", authorization: authorization);
                    Assert.Equal(get.StatusCode, head.StatusCode);
                    Assert.Equal(authorization is null ? HttpStatusCode.Unauthorized : HttpStatusCode.NotFound, get.StatusCode);
                    answers.Add((await get.Content.ReadAsStringAsync()).Replace($"team/{repository}", "team/x", StringComparison.Ordinal));
                }

                Assert.Single(answers.Distinct());
            }
        }

        Assert.Equal(before, mirror.Upstream.Requests.Count);
    }

    [Fact]
    public async Task An_open_host_neither_asks_for_credentials_nor_looks_at_them()
    {
        await using var mirror = await Mirroring.StartAsync(Engine.Sqlite, Hub);
        using var accounts = await Accounts.CreateAsync(mirror.App);
        var image = Image.Random();
        mirror.Upstream.Put("library/nginx", image, "v1");

        foreach (var (path, host) in new[] { ("v2/", "hub.test"), ("up/v2/", null) })
        {
            foreach (var authorization in new[] { null, "Basic Og==", "Basic dXNlcjp3cm9uZw==", "Bearer nonsense" })
            {
                using var ping = await DoorTests.SendAsync(mirror.App, HttpMethod.Get, path, host, authorization: authorization);
                await OciAssert.StatusAsync(ping, HttpStatusCode.OK);
                Assert.False(ping.Headers.Contains("WWW-Authenticate"));
                using var manifest = await DoorTests.SendAsync(mirror.App, HttpMethod.Get, $"{path}library/nginx/manifests/v1", host, authorization: authorization);
                await OciAssert.DigestAsync(manifest, HttpStatusCode.OK, image.Digest, image.Manifest);
                using var blob = await DoorTests.SendAsync(mirror.App, HttpMethod.Get, $"{path}library/nginx/blobs/{image.Config.Digest}", host, authorization: authorization);
                await OciAssert.StatusAsync(blob, HttpStatusCode.OK);
            }
        }

        using var main = await DoorTests.SendAsync(mirror.App, HttpMethod.Get, "v2/");
        await OciAssert.StatusAsync(main, HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task What_everyone_may_pull_of_an_upstream_nobody_without_the_right_may_delete()
    {
        await using var mirror = await Mirroring.StartAsync(Engine.Sqlite, Hub);
        using var accounts = await Accounts.CreateAsync(mirror.App);
        var reader = await accounts.UserAsync("reader", "reader", "up/*");
        var image = Image.Random();
        mirror.Upstream.Put("library/nginx", image, "v1");
        using (var pulled = await DoorTests.SendAsync(mirror.App, HttpMethod.Get, "v2/up/nginx/manifests/v1"))
        {
            await OciAssert.StatusAsync(pulled, HttpStatusCode.OK);
        }

        using (var anonymous = await DoorTests.SendAsync(mirror.App, HttpMethod.Delete, "v2/up/nginx/manifests/v1"))
        using (var byReader = await DoorTests.SendAsync(mirror.App, HttpMethod.Delete, "v2/up/nginx/manifests/v1", authorization: $"{reader.Basic}"))
        {
            await OciAssert.StatusAsync(anonymous, HttpStatusCode.Unauthorized);
            await OciAssert.ErrorAsync(byReader, HttpStatusCode.Forbidden, "DENIED");
        }

        using var byAdministrator = await DoorTests.SendAsync(mirror.App, HttpMethod.Delete, "v2/up/nginx/manifests/v1", authorization: $"{accounts.Administrator.Basic}");
        await OciAssert.StatusAsync(byAdministrator, HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task Catalog_and_search_show_of_upstreams_what_the_caller_may_pull()
    {
        await using var secret = await ScriptedUpstream.StartAsync();
        await using var mirror = await Mirroring.StartAsync(
            Engine.Sqlite, [.. Hub, ("Upstreams:secret:Address", $"{secret.Address}"), ("Upstreams:secret:Anonymous", "false")]);
        using var accounts = await Accounts.CreateAsync(mirror.App);
        var reader = await accounts.UserAsync("reader", "reader", "secret/*");
        var stranger = await accounts.UserAsync("stranger");
        mirror.Upstream.Put("library/nginx", Image.Random(), "v1");
        secret.Put("team/nginx", Image.Random(), "v1");
        foreach (var path in new[] { "v2/up/nginx/manifests/v1", "v2/secret/team/nginx/manifests/v1" })
        {
            using var response = await DoorTests.SendAsync(mirror.App, HttpMethod.Get, path, authorization: $"{reader.Basic}");
            await OciAssert.StatusAsync(response, HttpStatusCode.OK);
        }

        foreach (var (account, expected) in new[]
        {
            (reader, new[] { "secret/team/nginx", "up/library/nginx" }), (stranger, ["up/library/nginx"]), (accounts.Administrator, ["secret/team/nginx", "up/library/nginx"]),
        })
        {
            using var catalog = await DoorTests.SendAsync(mirror.App, HttpMethod.Get, "v2/_catalog", authorization: $"{account.Basic}");
            var names = (await OciAssert.JsonAsync(catalog)).GetProperty("repositories").EnumerateArray().Select(name => name.GetString()!);
            Assert.Equal(expected, names.Order(StringComparer.Ordinal));
            using var search = await DoorTests.SendAsync(mirror.App, HttpMethod.Get, "v1/search?q=nginx", authorization: $"{account.Basic}");
            var found = (await OciAssert.JsonAsync(search)).GetProperty("results").EnumerateArray().Select(result => result.GetProperty("name").GetString()!);
            Assert.Equal(expected, found.Order(StringComparer.Ordinal));
        }
    }

    private static async Task<string> TokenAsync(RegistryApp app, Account account, params string[] scopes)
    {
        var query = string.Concat(scopes.Select(scope => $"&scope={Uri.EscapeDataString(scope)}"));
        using var response = await DoorTests.SendAsync(app, HttpMethod.Get, $"token?service=registry{query}", authorization: $"{account.Basic}");
        JsonElement answer = await OciAssert.JsonAsync(response);
        return answer.GetProperty("token").GetString()!;
    }
}
