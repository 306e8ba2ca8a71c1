using System.Net;
using System.Text.Json;

namespace Registry.Tests.Management;

/// <summary>The end of a namespace: nothing of what was said about its names is left for whoever uses the name next.</summary>
public sealed class NamespaceRemovalTests
{
    [Theory]
    [Engines]
    public async Task Robots_grants_and_settings_go_with_the_namespace_and_the_next_of_its_name_has_none_of_them(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        using var accounts = await Accounts.CreateAsync(app);
        var admin = app.As(accounts.Administrator);
        await accounts.NamespaceAsync("team", isPublic: true);
        var robot = await accounts.RobotAsync("team", "ci", "writer", "team/*");
        var alice = await accounts.UserAsync("alice", "owner", "team/*");
        var bob = await accounts.UserAsync("bob");
        var carol = await accounts.UserAsync("carol", "reader", "team/app-*");
        await accounts.GrantAsync(carol, "reader", "teams/*");
        await accounts.GrantAsync(carol, "reader", "te*");
        await accounts.TeamAsync("developers", bob);
        await accounts.GrantTeamAsync("developers", "writer", "team/*");
        await new RepositoryClient(accounts.Local, "team/app").PushImageAsync("1.0");
        await app.As(bob).ExpectAsync(HttpStatusCode.OK, HttpMethod.Get, "/repositories/team/app");
        await app.As(alice).ExpectAsync(HttpStatusCode.OK, HttpMethod.Get, "/repositories/team/app");

        await app.As(alice).ExpectAsync(HttpStatusCode.NotFound, HttpMethod.Delete, "/namespaces/team");
        using (var refused = await admin.DeleteAsync("/namespaces/team"))
        {
            await OciAssert.StatusAsync(refused, HttpStatusCode.Conflict);
            Assert.Contains("team/app", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        await admin.ExpectAsync(HttpStatusCode.NoContent, HttpMethod.Delete, "/repositories/team/app");
        await admin.ExpectAsync(HttpStatusCode.NoContent, HttpMethod.Delete, "/namespaces/team");
        await admin.ExpectAsync(HttpStatusCode.NotFound, HttpMethod.Delete, "/namespaces/team");
        await admin.ExpectAsync(HttpStatusCode.NotFound, HttpMethod.Get, "/namespaces/team");
        Assert.DoesNotContain("team", await admin.ListAsync("/namespaces", "name"));
        Assert.DoesNotContain("", await admin.ListAsync("/namespaces", "name"));
        await app.As(robot).ExpectAsync(HttpStatusCode.Unauthorized, HttpMethod.Get, "/whoami");
        Assert.Empty(await app.As(alice).RolesAsync());
        Assert.Empty(await app.As(bob).RolesAsync());
        Assert.Equal(["te*", "teams/*"], (await app.As(carol).RolesAsync()).Order(StringComparer.Ordinal));

        await new RepositoryClient(accounts.Local, "team/app").PushImageAsync("1.0");
        Assert.Equal("private", (await admin.ReadAsync("/namespaces/team")).GetProperty("visibility").GetString());
        Assert.Empty(await admin.ListAsync("/namespaces/team/robots", "name"));
        await app.As(alice).ExpectAsync(HttpStatusCode.NotFound, HttpMethod.Get, "/repositories/team/app");
        await app.As(bob).ExpectAsync(HttpStatusCode.NotFound, HttpMethod.Get, "/repositories/team/app");
        await app.As(carol).ExpectAsync(HttpStatusCode.OK, HttpMethod.Get, "/repositories/team/app");

        var record = (await admin.ReadAsync("/audit?action=namespace.remove")).GetProperty("items").EnumerateArray().Single();
        Assert.Equal(("admin", "team"), (record.GetProperty("actor").GetString(), record.GetProperty("target").GetString()));
        Assert.Equal((4, 1), (Number(record, "grants"), Number(record, "robots")));

        static int Number(JsonElement record, string name) => record.GetProperty("detail").GetProperty(name).GetInt32();
    }

    [Theory]
    [Engines]
    public async Task Whoever_brings_something_in_while_the_namespace_is_removed_finds_one_to_put_it_in(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        using var accounts = await Accounts.CreateAsync(app);
        await accounts.UserAsync("bob");
        var admin = app.As(accounts.Administrator);
        for (var round = 0; round < 20; round++)
        {
            var space = $"space{round}";
            await accounts.NamespaceAsync(space, isPublic: false);
            var removal = admin.DeleteAsync($"/namespaces/{space}");
            var push = new RepositoryClient(accounts.Local, $"{space}/app").PushImageAsync("1.0");
            var grant = admin.PostAsync("/grants", new { user = "bob", role = "reader", names = $"{space}/*" });
            var robot = admin.PostAsync($"/namespaces/{space}/robots", new { name = "ci" });

            using var removed = await removal;
            using var granted = await grant;
            using var made = await robot;
            await push;
            Assert.True(removed.StatusCode is HttpStatusCode.NoContent or HttpStatusCode.Conflict, $"the removal was answered {removed.StatusCode}");
            await OciAssert.StatusAsync(granted, HttpStatusCode.Created);
            Assert.True(made.StatusCode is HttpStatusCode.Created or HttpStatusCode.NotFound or HttpStatusCode.Conflict, $"the robot was answered {made.StatusCode}");
            await admin.ExpectAsync(HttpStatusCode.OK, HttpMethod.Get, $"/repositories/{space}/app");
            await admin.ExpectAsync(HttpStatusCode.OK, HttpMethod.Get, $"/namespaces/{space}");
        }
    }
}

file static class Roles
{
    /// <summary>The names on which somebody holds a role.</summary>
    public static async Task<IReadOnlyList<string>> RolesAsync(this ManagementClient client) =>
        [.. (await client.ReadAsync("/whoami")).GetProperty("roles").EnumerateArray().Select(role => role.GetProperty("names").GetString()!)];
}
