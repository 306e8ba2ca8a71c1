using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Registry.Storage.Collection;
using Registry.Storage.Metadata;

namespace Registry.Tests.Management;

/// <summary>Whether namespaces and repositories are public, and who sees them.</summary>
public sealed class NamespaceTests
{
    [Theory]
    [Engines]
    public async Task A_repository_is_as_public_as_its_namespace_unless_it_says_otherwise(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        foreach (var name in new[] { "team", "team/app", "team/tool", "teams/app" })
        {
            await app.Repository(name).PushImageAsync("latest");
        }

        using var accounts = await Accounts.CreateAsync(app);
        var owner = app.As(await accounts.UserAsync("owner", "owner", "team/*"));
        var stranger = app.As(await accounts.UserAsync("stranger"));
        Assert.Empty(await stranger.ListAsync("/repositories", "name"));
        Assert.Equal(["team", "team/app", "team/tool"], await owner.ListAsync("/repositories", "name"));
        await stranger.ExpectAsync(HttpStatusCode.NotFound, HttpMethod.Get, "/repositories/team/app");

        await owner.ExpectAsync(HttpStatusCode.OK, HttpMethod.Patch, "/repositories/team/tool", new { visibility = "private" });
        await owner.ExpectAsync(HttpStatusCode.OK, HttpMethod.Patch, "/namespaces/team", new { visibility = "public" });
        Assert.Equal(["team", "team/app"], await stranger.ListAsync("/repositories", "name"));
        Assert.Equal(["team"], await stranger.ListAsync("/namespaces", "name"));

        await owner.ExpectAsync(HttpStatusCode.OK, HttpMethod.Patch, "/repositories/team/tool", new { visibility = "inherit" });
        Assert.Equal(["team", "team/app", "team/tool"], await stranger.ListAsync("/repositories", "name"));
        await owner.ExpectAsync(HttpStatusCode.OK, HttpMethod.Patch, "/namespaces/team", new { visibility = "private" });
        await owner.ExpectAsync(HttpStatusCode.OK, HttpMethod.Patch, "/repositories/team", new { visibility = "public" });
        Assert.Equal(["team"], await stranger.ListAsync("/repositories", "name"));

        await owner.ExpectAsync(HttpStatusCode.NotFound, HttpMethod.Patch, "/repositories/teams/app", new { visibility = "public" });
        await owner.ExpectAsync(HttpStatusCode.NotFound, HttpMethod.Patch, "/namespaces/teams", new { visibility = "public" });
        await owner.ExpectAsync(HttpStatusCode.BadRequest, HttpMethod.Patch, "/namespaces/team", new { visibility = "inherit" });
        await stranger.ExpectAsync(HttpStatusCode.NotFound, HttpMethod.Patch, "/repositories/team", new { visibility = "private" });
    }

    [Theory]
    [Engines]
    public async Task An_empty_repository_stays_as_long_as_something_is_said_about_it(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        var uploads = new List<Uri>();
        foreach (var name in new[] { "team/granted", "team/set", "team/plain" })
        {
            uploads.Add(await app.Repository(name).StartUploadAsync());
        }

        using var accounts = await Accounts.CreateAsync(app);
        var bob = await accounts.UserAsync("bob");
        await accounts.GrantAsync(bob, "reader", "team/granted");
        await accounts.SendAsync(HttpMethod.Patch, "/repositories/team/set", new { visibility = "private" });
        var store = app.Services.GetRequiredService<Database>();
        await using (var session = await store.ReadAsync(CancellationToken.None))
        {
            Assert.Equal(3, await session.FirstAsync<long>("select count(*) from repository_name"));
        }

        // What was opened before there was a user belongs to nobody: it expires.
        Assert.Equal(uploads.Count, await store.WriteAsync(session => session.ExecuteAsync("update upload set expires_at = 0"), CancellationToken.None));
        await app.Services.GetRequiredService<Collector>().RunAsync(CancellationToken.None);

        var admin = app.As(accounts.Administrator);
        await admin.ExpectAsync(HttpStatusCode.OK, HttpMethod.Get, "/repositories/team/granted");
        await admin.ExpectAsync(HttpStatusCode.OK, HttpMethod.Get, "/repositories/team/set");
        await Eventually.TrueAsync(
            async () =>
            {
                await app.Services.GetRequiredService<Collector>().RunAsync(CancellationToken.None);
                using var gone = await admin.GetAsync("/repositories/team/plain");
                return gone.StatusCode is HttpStatusCode.NotFound;
            },
            "the empty repository vanishes");
    }

    [Theory]
    [Engines]
    public async Task Lists_come_in_pages_that_link_to_each_other(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        using var accounts = await Accounts.CreateAsync(app);
        var names = Enumerable.Range(0, 7).Select(i => $"space{i}").ToArray();
        foreach (var name in names)
        {
            await accounts.NamespaceAsync(name, isPublic: name is not "space3");
        }

        var stranger = app.As(await accounts.UserAsync("stranger"));
        var seen = new List<string>();
        for (var path = "/namespaces?n=2"; path.Length > 0;)
        {
            using var response = await stranger.GetAsync(path);
            seen.AddRange((await OciAssert.JsonAsync(response)).GetProperty("items").EnumerateArray().Select(item => item.GetProperty("name").GetString()!));
            path = response.Headers.TryGetValues("Link", out var links) ? links.Single().Split('<', '>')[1]["/api/v1".Length..] : string.Empty;
        }

        Assert.Equal(names.Where(name => name is not "space3"), seen);
        foreach (var query in new[] { "?n=0", "?n=-1", "?n=x", "?n=1%00", "?after=%00" })
        {
            await stranger.ExpectAsync(HttpStatusCode.BadRequest, HttpMethod.Get, "/namespaces" + query);
        }
    }
}
