using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Registry.Auth.Identities;

namespace Registry.Tests.Management;

/// <summary>Users: made by administrators, disabled until one of them says otherwise, and never without an administrator.</summary>
public sealed class UserTests
{
    [Theory]
    [Engines]
    public async Task A_user_is_added_signs_in_and_is_listed(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        using var accounts = await Accounts.CreateAsync(app);
        var admin = app.As(accounts.Administrator);
        using (var created = await admin.PostAsync("/users", new { name = "alice", password = Accounts.PasswordOf("alice") }))
        {
            await OciAssert.StatusAsync(created, HttpStatusCode.Created);
            Assert.Equal("/api/v1/users/alice", OciAssert.Header(created, "Location"));
            Assert.Equal("no-store", OciAssert.Header(created, "Cache-Control"));
        }

        var alice = app.As(new Account("alice", Accounts.PasswordOf("alice")));
        Assert.Equal("alice", (await alice.ReadAsync("/whoami")).GetProperty("name").GetString());
        Assert.Equal(["admin", "alice"], await admin.ListAsync("/users", "name"));
        await admin.ExpectAsync(HttpStatusCode.Conflict, HttpMethod.Post, "/users", new { name = "alice" });
    }

    [Theory]
    [Engines]
    public async Task Whoever_is_disabled_is_out_at_once_and_stays_out_until_enabled(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        using var accounts = await Accounts.CreateAsync(app);
        var alice = await accounts.UserAsync("alice");
        var token = await accounts.TokenAsync(alice);
        await app.As(token).ExpectAsync(HttpStatusCode.OK, HttpMethod.Get, "/whoami");

        await accounts.DisableAsync(alice);
        await app.As(alice).ExpectAsync(HttpStatusCode.Unauthorized, HttpMethod.Get, "/whoami");
        await app.As(token).ExpectAsync(HttpStatusCode.Unauthorized, HttpMethod.Get, "/whoami");

        // A new password, a role and an import change nothing about it.
        await accounts.SendAsync(HttpMethod.Put, "/users/alice/password", new { password = Accounts.PasswordOf("alice") });
        await accounts.GrantAsync(alice, "owner", "team/*");
        await accounts.PostAsync("/users/import", new { htpasswd = $"alice:{Hash}\n" });
        await app.As(alice).ExpectAsync(HttpStatusCode.Unauthorized, HttpMethod.Get, "/whoami");

        await accounts.DisableAsync(alice, disabled: false);
        await app.As(alice).ExpectAsync(HttpStatusCode.OK, HttpMethod.Get, "/whoami");
        await app.As(token).ExpectAsync(HttpStatusCode.OK, HttpMethod.Get, "/whoami");
    }

    [Theory]
    [Engines]
    public async Task The_last_administrator_stays(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        using var accounts = await Accounts.CreateAsync(app);
        var second = await accounts.UserAsync("second", administrator: true);
        await accounts.DisableAsync(second);
        var admin = app.As(accounts.Administrator);
        await admin.ExpectAsync(HttpStatusCode.Conflict, HttpMethod.Patch, "/users/admin", new { disabled = true });
        await admin.ExpectAsync(HttpStatusCode.Conflict, HttpMethod.Patch, "/users/admin", new { administrator = false });
        await admin.ExpectAsync(HttpStatusCode.Conflict, HttpMethod.Delete, "/users/admin");

        await accounts.DisableAsync(second, disabled: false);
        await admin.ExpectAsync(HttpStatusCode.NoContent, HttpMethod.Delete, "/users/admin");
        await app.As(second).ExpectAsync(HttpStatusCode.OK, HttpMethod.Get, "/users");
    }

    [Theory]
    [Engines]
    public async Task Of_administrators_who_disable_each_other_at_once_one_remains(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        using var accounts = await Accounts.CreateAsync(app);
        string[] names = ["admin", "b", "c", "d"];
        foreach (var name in names[1..])
        {
            await accounts.UserAsync(name, administrator: true);
        }

        var answers = await Task.WhenAll(names.Select(name => new ManagementClient(accounts.Local, null).PatchAsync($"/users/{name}", new { disabled = true })));
        Assert.Equal(3, answers.Count(answer => answer.StatusCode is HttpStatusCode.OK));
        Assert.Single(answers, answer => answer.StatusCode is HttpStatusCode.Conflict);
    }

    [Theory]
    [Engines]
    public async Task A_removed_user_is_gone_with_everything_and_its_name_is_free_for_another(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        using var accounts = await Accounts.CreateAsync(app);
        var alice = await accounts.UserAsync("alice", "owner", "team/*");
        var token = await accounts.TokenAsync(alice);
        await accounts.TeamAsync("developers", alice);
        await accounts.SendAsync(HttpMethod.Delete, "/users/alice");
        await app.As(alice).ExpectAsync(HttpStatusCode.Unauthorized, HttpMethod.Get, "/whoami");
        await app.As(token).ExpectAsync(HttpStatusCode.Unauthorized, HttpMethod.Get, "/whoami");

        var another = await accounts.UserAsync("alice");
        await app.As(token).ExpectAsync(HttpStatusCode.Unauthorized, HttpMethod.Get, "/whoami");
        Assert.Equal(0, (await app.As(another).ReadAsync("/whoami")).GetProperty("roles").GetArrayLength());
        await app.As(another).ExpectAsync(HttpStatusCode.NotFound, HttpMethod.Get, "/teams/developers");
    }

    [Theory]
    [Engines]
    public async Task The_users_of_an_htpasswd_file_keep_their_passwords(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        using var accounts = await Accounts.CreateAsync(app);
        var report = await accounts.PostAsync("/users/import", new { htpasswd = $"Bob:{Hash}\nadmin:{Hash}\nold:$apr1$x$y\n# nobody\n" });
        Assert.Equal(1, report.GetProperty("imported").GetInt32());
        Assert.Equal([1, 2, 3], report.GetProperty("lines").EnumerateArray().Select(line => line.GetProperty("line").GetInt32()));
        await app.As(new Account("bob", "password")).ExpectAsync(HttpStatusCode.OK, HttpMethod.Get, "/whoami");
        await app.As(accounts.Administrator).ExpectAsync(HttpStatusCode.OK, HttpMethod.Get, "/users");
    }

    [Fact]
    public async Task The_first_user_is_an_administrator_and_no_robot_or_import_comes_before()
    {
        await using var app = await RegistryApp.StartAsync();
        using var local = CommandLine.LocalSocket.CreateClient(app.DataDirectory);
        var administrator = new ManagementClient(local, null);
        await administrator.ExpectAsync(HttpStatusCode.Conflict, HttpMethod.Post, "/users", new { name = "alice" });
        await administrator.ExpectAsync(HttpStatusCode.Conflict, HttpMethod.Post, "/users/import", new { htpasswd = $"alice:{Hash}" });
        await administrator.ExpectAsync(HttpStatusCode.Created, HttpMethod.Post, "/namespaces", new { name = "team" });
        await administrator.ExpectAsync(HttpStatusCode.Conflict, HttpMethod.Post, "/namespaces/team/robots", new { name = "ci" });
        await app.Repository("team/app").PushImageAsync("still-open");
    }

    [Fact]
    public async Task Weak_passwords_and_malformed_names_are_refused_with_a_sentence()
    {
        await using var app = await RegistryApp.StartAsync();
        using var accounts = await Accounts.CreateAsync(app);
        var admin = app.As(accounts.Administrator);
        foreach (var name in new[] { "", "Alice", "a b", "a+b", "-a", "a..b", "a\0", "a\n", new string('a', 65), "local", "é" })
        {
            using var response = await admin.PostAsync("/users", new { name });
            await OciAssert.ErrorAsync(response, HttpStatusCode.BadRequest, "INVALID");
        }

        foreach (var password in new[] { "", "short", "password1234", "bobbobbobbob", new string('a', 20), "a\0bcdefghijklm" })
        {
            using var response = await admin.PostAsync("/users", new { name = "bob", password });
            var error = await OciAssert.ErrorAsync(response, HttpStatusCode.BadRequest, "INVALID");
            Assert.StartsWith("password: ", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [Engines]
    public async Task S33_A_weak_password_is_refused_at_every_door_and_changes_nothing(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        var setUp = (await app.Services.GetRequiredService<SetupTokens>().CreateAsync(CancellationToken.None))!;
        foreach (var weak in Weak)
        {
            await RefusedAsync(app.As(null), HttpMethod.Post, "/setup", new { token = setUp, name = "bob", password = weak });
        }

        using var accounts = await Accounts.CreateAsync(app);
        var bob = await accounts.UserAsync("bob");
        foreach (var weak in Weak)
        {
            await RefusedAsync(app.As(accounts.Administrator), HttpMethod.Put, "/users/bob/password", new { password = weak });
            await RefusedAsync(app.As(bob), HttpMethod.Put, "/users/bob/password", new { password = weak, current = bob.Secret });
            await RefusedAsync(app.As(accounts.Administrator), HttpMethod.Post, "/users", new { name = "carol", password = weak });
        }

        Assert.Equal(["admin", "bob"], await app.As(accounts.Administrator).ListAsync("/users", "name"));
        await app.As(bob).ExpectAsync(HttpStatusCode.OK, HttpMethod.Get, "/whoami");

        static async Task RefusedAsync(ManagementClient client, HttpMethod method, string path, object body)
        {
            using var response = await client.SendAsync(method, path, body);
            var error = await OciAssert.ErrorAsync(response, HttpStatusCode.BadRequest, "INVALID");
            Assert.StartsWith("password: ", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        }
    }

    private static readonly string[] Weak = ["kQ7_zr9-p", "aaaaaaaaaaaaa", "qwertyuiop12", "P@ssw0rd2024!"];

    // htpasswd -nbB -C 5 user password
    internal const string Hash = "$2b$05$uKvi843SIHeXwaFncHBDyuZ3BH3rPxcncwyB/TI7dvpic7/NTH3Bq";
}
