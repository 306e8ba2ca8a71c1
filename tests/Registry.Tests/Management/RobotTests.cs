using System.Net;

namespace Registry.Tests.Management;

/// <summary>Robots belong to a namespace, whose owners make them, and can give themselves new secrets.</summary>
public sealed class RobotTests
{
    [Theory]
    [Engines]
    public async Task A_robot_rotates_its_own_secret_and_nothing_else(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        using var accounts = await Accounts.CreateAsync(app);
        var robot = await accounts.RobotAsync("team", "ci", "writer", "team/*");
        await accounts.RobotAsync("team", "other");
        Assert.Equal("robot", (await app.As(robot).ReadAsync("/whoami")).GetProperty("kind").GetString());
        await app.As(robot).ExpectAsync(HttpStatusCode.Forbidden, HttpMethod.Post, "/namespaces/team/robots/other/rotate", new { });
        await app.As(robot).ExpectAsync(HttpStatusCode.Forbidden, HttpMethod.Get, "/namespaces/team/robots");
        await app.As(robot).ExpectAsync(HttpStatusCode.Forbidden, HttpMethod.Post, "/users", new { name = "eve" });
        await app.As(robot).ExpectAsync(HttpStatusCode.Forbidden, HttpMethod.Post, "/namespaces/team/robots", new { name = "eve" });

        using var rotated = await app.As(robot).SendAsync(HttpMethod.Post, "/namespaces/team/robots/ci/rotate");
        var next = robot with { Secret = (await OciAssert.JsonAsync(rotated)).GetProperty("secret").GetString()! };
        Assert.StartsWith("rgr_", next.Secret, StringComparison.Ordinal);
        await app.As(robot).ExpectAsync(HttpStatusCode.Unauthorized, HttpMethod.Get, "/whoami");
        await app.As(next).ExpectAsync(HttpStatusCode.OK, HttpMethod.Get, "/whoami");
    }

    [Theory]
    [Engines]
    public async Task The_old_secret_holds_for_the_grace_that_is_asked_for(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        using var accounts = await Accounts.CreateAsync(app);
        var robot = await accounts.RobotAsync("team", "ci");
        var second = await accounts.PostAsync("/namespaces/team/robots/ci/rotate", new { graceSeconds = 3600 });
        await app.As(robot).ExpectAsync(HttpStatusCode.OK, HttpMethod.Get, "/whoami");
        await app.As(accounts.Administrator).ExpectAsync(HttpStatusCode.BadRequest, HttpMethod.Post, "/namespaces/team/robots/ci/rotate", new { graceSeconds = 86401 });

        var third = await accounts.PostAsync("/namespaces/team/robots/ci/rotate", new { graceSeconds = 0 });
        await app.As(robot).ExpectAsync(HttpStatusCode.Unauthorized, HttpMethod.Get, "/whoami");
        await app.As(robot with { Secret = second.GetProperty("secret").GetString()! }).ExpectAsync(HttpStatusCode.Unauthorized, HttpMethod.Get, "/whoami");
        await app.As(robot with { Secret = third.GetProperty("secret").GetString()! }).ExpectAsync(HttpStatusCode.OK, HttpMethod.Get, "/whoami");
    }

    [Theory]
    [Engines]
    public async Task An_owner_makes_disables_and_removes_robots_and_an_administrator_enables_them(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        using var accounts = await Accounts.CreateAsync(app);
        var owner = app.As(await accounts.UserAsync("owner", "owner", "team/*"));
        using var created = await owner.PostAsync("/namespaces/team/robots", new { name = "ci", expiresInSeconds = 3600 });
        var robot = new Account("team+ci", (await OciAssert.JsonAsync(created, HttpStatusCode.Created)).GetProperty("secret").GetString()!);
        Assert.Equal("/api/v1/namespaces/team/robots/ci", OciAssert.Header(created, "Location"));
        await owner.ExpectAsync(HttpStatusCode.Conflict, HttpMethod.Post, "/namespaces/team/robots", new { name = "ci" });
        await owner.ExpectAsync(HttpStatusCode.Created, HttpMethod.Post, "/namespaces/team/grants", new { robot = "team+ci", role = "writer", names = "team/*" });

        await owner.ExpectAsync(HttpStatusCode.OK, HttpMethod.Patch, "/namespaces/team/robots/ci", new { disabled = true });
        await app.As(robot).ExpectAsync(HttpStatusCode.Unauthorized, HttpMethod.Get, "/whoami");
        await owner.ExpectAsync(HttpStatusCode.Forbidden, HttpMethod.Patch, "/namespaces/team/robots/ci", new { disabled = false });
        await app.As(accounts.Administrator).ExpectAsync(HttpStatusCode.OK, HttpMethod.Patch, "/namespaces/team/robots/ci", new { disabled = false });
        await app.As(robot).ExpectAsync(HttpStatusCode.OK, HttpMethod.Get, "/whoami");

        await owner.ExpectAsync(HttpStatusCode.NoContent, HttpMethod.Delete, "/namespaces/team/robots/ci");
        await app.As(robot).ExpectAsync(HttpStatusCode.Unauthorized, HttpMethod.Get, "/whoami");
        Assert.Empty(await owner.ListAsync("/namespaces/team/robots", "name"));
    }
}
