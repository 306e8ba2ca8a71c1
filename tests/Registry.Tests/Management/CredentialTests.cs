using System.Net;
using System.Text.Json;

namespace Registry.Tests.Management;

/// <summary>Access tokens, sessions and passwords.</summary>
public sealed class CredentialTests
{
    [Theory]
    [Engines]
    public async Task An_access_token_acts_for_its_user_until_it_is_revoked(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        using var accounts = await Accounts.CreateAsync(app);
        var alice = await accounts.UserAsync("alice");
        using var created = await app.As(alice).PostAsync("/users/alice/tokens", new { name = "laptop" });
        var answer = await OciAssert.JsonAsync(created, HttpStatusCode.Created);
        Assert.Equal("no-store", OciAssert.Header(created, "Cache-Control"));
        var secret = answer.GetProperty("secret").GetString()!;
        Assert.Matches("^rgt_[A-Za-z0-9_-]{43}$", secret);
        var token = app.As(new Account("alice", secret));
        Assert.Equal("laptop", (await token.ReadAsync("/whoami")).GetProperty("credential").GetProperty("name").GetString());

        var location = OciAssert.Header(created, "Location")["/api/v1".Length..];
        Assert.Equal("laptop", (await app.As(alice).ReadAsync(location)).GetProperty("name").GetString());
        await app.As(alice).ExpectAsync(HttpStatusCode.NoContent, HttpMethod.Delete, location);
        await token.ExpectAsync(HttpStatusCode.Unauthorized, HttpMethod.Get, "/whoami");
        await app.As(alice).ExpectAsync(HttpStatusCode.NotFound, HttpMethod.Get, location);
        await app.As(alice).ExpectAsync(HttpStatusCode.NotFound, HttpMethod.Delete, location);
        Assert.Empty(await app.As(alice).ListAsync("/users/alice/tokens", "id"));
    }

    [Theory]
    [Engines]
    public async Task A_token_with_limits_looks_at_itself_and_manages_nothing(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        using var accounts = await Accounts.CreateAsync(app);
        var limited = app.As(await accounts.TokenAsync(accounts.Administrator, ("team/*", ["pull", "push"])));
        var limit = (await limited.ReadAsync("/whoami")).GetProperty("credential").GetProperty("limits")[0];
        Assert.Equal("team/*", limit.GetProperty("names").GetString());
        foreach (var (method, path, body) in new (HttpMethod, string, object?)[]
        {
            (HttpMethod.Post, "/users", new { name = "eve" }),
            (HttpMethod.Post, "/users/admin/tokens", new { name = "more" }),
            (HttpMethod.Put, "/users/admin/password", new { password = Accounts.PasswordOf("eve") }),
            (HttpMethod.Post, "/namespaces", new { name = "eve" }),
            (HttpMethod.Post, "/grants", new { user = "admin", role = "owner", names = "*" }),
            (HttpMethod.Get, "/users", null),
            (HttpMethod.Get, "/users/nobody", null),
            (HttpMethod.Get, "/audit", null),
        })
        {
            await limited.ExpectAsync(HttpStatusCode.Forbidden, method, path, body);
        }
    }

    [Theory]
    [Engines]
    public async Task A_token_that_expires_makes_none_that_outlives_it(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        using var accounts = await Accounts.CreateAsync(app);
        var alice = await accounts.UserAsync("alice");
        var first = await accounts.PostAsync("/users/alice/tokens", new { name = "an hour", expiresInSeconds = 3600 });
        using var made = await app.As(new Account("alice", first.GetProperty("secret").GetString()!)).PostAsync("/users/alice/tokens", new { name = "for ever" });
        var second = await OciAssert.JsonAsync(made, HttpStatusCode.Created);
        Assert.Equal(Expiry(first), Expiry(second));

        static DateTime Expiry(JsonElement issued) => issued.GetProperty("token").GetProperty("expiresAt").GetDateTime();
    }

    [Theory]
    [Engines]
    public async Task A_new_password_ends_the_sessions_of_the_old_one_and_needs_it(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        using var accounts = await Accounts.CreateAsync(app);
        var alice = await accounts.UserAsync("alice");
        var refresh = await RefreshTokenAsync(app, alice);
        Assert.Equal(["test-client"], await app.As(alice).ListAsync("/users/alice/sessions", "client"));

        const string Next = "nine teapots over a quiet harbour";
        await app.As(alice).ExpectAsync(HttpStatusCode.BadRequest, HttpMethod.Put, "/users/alice/password", new { password = Next });
        await app.As(alice).ExpectAsync(HttpStatusCode.Forbidden, HttpMethod.Put, "/users/alice/password", new { password = Next, current = "wrong" });
        await app.As(alice).ExpectAsync(HttpStatusCode.NoContent, HttpMethod.Put, "/users/alice/password", new { password = Next, current = alice.Secret });
        await app.As(alice).ExpectAsync(HttpStatusCode.Unauthorized, HttpMethod.Get, "/whoami");
        Assert.Empty(await app.As(alice with { Secret = Next }).ListAsync("/users/alice/sessions", "id"));
        using var refused = await RefreshAsync(app, refresh);
        await OciAssert.StatusAsync(refused, HttpStatusCode.Unauthorized);
    }

    [Theory]
    [Engines]
    public async Task A_session_can_be_ended_alone(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        using var accounts = await Accounts.CreateAsync(app);
        var alice = await accounts.UserAsync("alice");
        var (first, second) = (await RefreshTokenAsync(app, alice), await RefreshTokenAsync(app, alice));
        var id = (await app.As(alice).ListAsync("/users/alice/sessions", "id"))[0];
        await app.As(alice).ExpectAsync(HttpStatusCode.NoContent, HttpMethod.Delete, $"/users/alice/sessions/{id}");
        using (var ended = await RefreshAsync(app, first))
        {
            await OciAssert.StatusAsync(ended, HttpStatusCode.Unauthorized);
        }

        using (var living = await RefreshAsync(app, second))
        {
            await OciAssert.StatusAsync(living, HttpStatusCode.OK);
        }

        await app.As(alice).ExpectAsync(HttpStatusCode.NoContent, HttpMethod.Delete, "/users/alice/sessions");
        using var all = await RefreshAsync(app, second);
        await OciAssert.StatusAsync(all, HttpStatusCode.Unauthorized);
    }

    private static async Task<string> RefreshTokenAsync(RegistryApp app, Account user)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/token?service=registry&offline_token=true&client_id=test-client");
        request.Headers.Authorization = user.Basic;
        using var response = await app.Client.SendAsync(request);
        return (await OciAssert.JsonAsync(response)).GetProperty("refresh_token").GetString()!;
    }

    private static Task<HttpResponseMessage> RefreshAsync(RegistryApp app, string token) => app.Client.PostAsync(
        "/token",
        new FormUrlEncodedContent(new Dictionary<string, string> { ["grant_type"] = "refresh_token", ["refresh_token"] = token, ["service"] = "registry", ["client_id"] = "test-client" }));
}
