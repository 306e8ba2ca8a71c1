using System.Net;

namespace Registry.Tests.Management;

/// <summary>Owners decide about their names, and nobody gives more than they hold.</summary>
public sealed class GrantTests
{
    [Theory]
    [Engines]
    public async Task An_owner_gives_roles_on_its_names_and_takes_them_away(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        using var accounts = await Accounts.CreateAsync(app);
        var owner = app.As(await accounts.UserAsync("owner", "owner", "team/*"));
        var bob = await accounts.UserAsync("bob");
        using var created = await owner.PostAsync("/namespaces/team/grants", new { user = "bob", role = "writer", names = "team/app-*" });
        var grant = await OciAssert.JsonAsync(created, HttpStatusCode.Created);
        Assert.Equal("bob", grant.GetProperty("user").GetString());
        Assert.Equal("team/app-*", (await app.As(bob).ReadAsync("/whoami")).GetProperty("roles")[0].GetProperty("names").GetString());

        // The same names again: in place of the first.
        await owner.ExpectAsync(HttpStatusCode.Created, HttpMethod.Post, "/namespaces/team/grants", new { user = "bob", role = "reader", names = "team/app-*" });
        Assert.Equal(["owner", "reader"], await owner.ListAsync("/namespaces/team/grants", "role"));
        var id = (await owner.ListAsync("/namespaces/team/grants", "id"))[1];
        await owner.ExpectAsync(HttpStatusCode.NoContent, HttpMethod.Delete, $"/namespaces/team/grants/{id}");
        await owner.ExpectAsync(HttpStatusCode.NotFound, HttpMethod.Delete, $"/namespaces/team/grants/{id}");
        Assert.Equal(0, (await app.As(bob).ReadAsync("/whoami")).GetProperty("roles").GetArrayLength());
    }

    [Theory]
    [Engines]
    public async Task Nobody_gives_more_than_they_hold(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        using var accounts = await Accounts.CreateAsync(app);
        var part = await accounts.UserAsync("part", "owner", "team/app-*");
        await accounts.UserAsync("bob");
        var restricted = await accounts.UserAsync("restricted");
        await accounts.GrantAsync(restricted, "owner", "other/*", removal: false);

        await app.As(part).ExpectAsync(HttpStatusCode.NotFound, HttpMethod.Post, "/namespaces/team/grants", new { user = "bob", role = "reader", names = "team/*" });
        await app.As(part).ExpectAsync(HttpStatusCode.BadRequest, HttpMethod.Post, "/namespaces/team/grants", new { user = "bob", role = "reader", names = "other/*" });
        await app.As(part).ExpectAsync(HttpStatusCode.NotFound, HttpMethod.Post, "/grants", new { user = "bob", role = "reader", names = "team/app-*" });
        await app.As(part).ExpectAsync(HttpStatusCode.Created, HttpMethod.Post, "/namespaces/team/grants", new { user = "bob", role = "owner", names = "team/app-one*" });
        await app.As(restricted).ExpectAsync(HttpStatusCode.Forbidden, HttpMethod.Post, "/namespaces/other/grants", new { user = "bob", role = "maintainer", names = "other/*" });
        await app.As(restricted).ExpectAsync(HttpStatusCode.Created, HttpMethod.Post, "/namespaces/other/grants", new { user = "bob", role = "writer", names = "other/*" });

        // Sees what it manages, and nothing of the rest.
        await accounts.GrantAsync(new Account("bob", string.Empty), "reader", "team/*");
        Assert.Equal(["team/app-*", "team/app-one*"], await app.As(part).ListAsync("/namespaces/team/grants", "names"));
        await app.As(part).ExpectAsync(HttpStatusCode.NotFound, HttpMethod.Get, "/namespaces/other/grants");
    }

    [Theory]
    [Engines]
    public async Task A_reader_writer_or_maintainer_manages_nothing(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        using var accounts = await Accounts.CreateAsync(app);
        foreach (var role in new[] { "reader", "writer", "maintainer" })
        {
            var user = app.As(await accounts.UserAsync(role, role, "team/*"));
            await user.ExpectAsync(HttpStatusCode.OK, HttpMethod.Get, "/namespaces/team");
            await user.ExpectAsync(HttpStatusCode.NotFound, HttpMethod.Get, "/namespaces/team/grants");
            await user.ExpectAsync(HttpStatusCode.NotFound, HttpMethod.Post, "/namespaces/team/grants", new { user = role, role = "owner", names = "team/*" });
            await user.ExpectAsync(HttpStatusCode.NotFound, HttpMethod.Patch, "/namespaces/team", new { visibility = "public" });
            await user.ExpectAsync(HttpStatusCode.NotFound, HttpMethod.Post, "/namespaces/team/robots", new { name = "ci" });
            await user.ExpectAsync(HttpStatusCode.NotFound, HttpMethod.Patch, $"/users/{role}", new { administrator = true });
        }
    }

    [Theory]
    [Engines]
    public async Task A_team_passes_its_roles_to_members_as_long_as_they_are_in_it(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        using var accounts = await Accounts.CreateAsync(app);
        var alice = await accounts.UserAsync("alice");
        await accounts.TeamAsync("developers", alice);
        await accounts.GrantTeamAsync("developers", "writer", "team/*");
        var role = (await app.As(alice).ReadAsync("/whoami")).GetProperty("roles")[0];
        Assert.Equal(("writer", "developers"), (role.GetProperty("role").GetString(), role.GetProperty("team").GetString()));
        Assert.Equal(["alice"], await app.As(alice).ListAsync("/teams/developers/members", "user"));

        await accounts.SendAsync(HttpMethod.Delete, "/teams/developers/members/alice");
        await app.As(alice).ExpectAsync(HttpStatusCode.NotFound, HttpMethod.Get, "/teams/developers");
        await app.As(alice).ExpectAsync(HttpStatusCode.NotFound, HttpMethod.Get, "/namespaces/team");
        await accounts.SendAsync(HttpMethod.Put, "/teams/developers/members/alice");
        await app.As(alice).ExpectAsync(HttpStatusCode.OK, HttpMethod.Get, "/namespaces/team");
        await accounts.SendAsync(HttpMethod.Delete, "/teams/developers");
        await app.As(alice).ExpectAsync(HttpStatusCode.NotFound, HttpMethod.Get, "/namespaces/team");
    }

    [Theory]
    [Engines]
    public async Task A_grant_on_a_repository_keeps_it_and_needs_it(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        using var accounts = await Accounts.CreateAsync(app);
        await accounts.UserAsync("bob");
        var admin = app.As(accounts.Administrator);
        await admin.ExpectAsync(HttpStatusCode.NotFound, HttpMethod.Post, "/grants", new { user = "bob", role = "reader", names = "team/app" });
        await admin.ExpectAsync(HttpStatusCode.NotFound, HttpMethod.Post, "/grants", new { user = "nobody", role = "reader", names = "team/*" });
        await admin.ExpectAsync(HttpStatusCode.NotFound, HttpMethod.Post, "/grants", new { team = "bob", role = "reader", names = "team/*" });
        await admin.ExpectAsync(HttpStatusCode.NotFound, HttpMethod.Post, "/grants", new { robot = "team+bob", role = "reader", names = "team/*" });
        foreach (var body in new object[]
        {
            new { user = "bob", role = "king", names = "team/*" },
            new { user = "bob", role = "reader", names = "Team/*" },
            new { user = "bob", team = "bob", role = "reader", names = "team/*" },
            new { robot = "a+b", role = "owner", names = "team/*" },
            new { role = "reader", names = "team/*" },
            new { user = "bob\0", role = "reader", names = "team/*" },
            new { robot = "bob", role = "reader", names = "team/*" },
        })
        {
            await admin.ExpectAsync(HttpStatusCode.BadRequest, HttpMethod.Post, "/grants", body);
        }
    }
}
