using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace Registry.Tests.Management;

/// <summary>Two tenants with the same things: what belongs to one is not there for the other, by whatever route it is named.</summary>
public sealed partial class IsolationTests
{
    [Theory]
    [Engines]
    public async Task S29_Ids_of_one_tenant_are_404_under_the_names_of_another_on_every_route(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        using var accounts = await Accounts.CreateAsync(app);
        var (one, two) = (await TenantAsync(app, accounts, "one"), await TenantAsync(app, accounts, "two"));
        var tried = 0;
        foreach (var route in OpenApiTests.Routes(app))
        {
            var (method, path) = (route[..route.IndexOf(' ', StringComparison.Ordinal)], route[(route.IndexOf(' ', StringComparison.Ordinal) + 1)..]["/api/v1".Length..]);
            var places = Place().Matches(path).Select(match => match.Groups[1].Value).ToArray();
            if (places.Length == 0)
            {
                continue;
            }

            // All parts of the other, and, where there are several, each parent of one's own with a child of the other.
            foreach (var foreign in places.Length == 1 ? [places] : new[] { places, places[^1..] })
            {
                var kind = places[^1] == "id" ? path.Split('/')[^2] : null;
                var target = Place().Replace(path, match => (foreign.Contains(match.Groups[1].Value) ? two : one).Part(match.Groups[1].Value, kind));
                using var response = await app.As(one.User).SendAsync(new HttpMethod(method), target, HasBody(method) ? Bodies(path) : null);
                Assert.True(response.StatusCode is HttpStatusCode.NotFound, $"{method} {target} was answered {(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
                tried++;
            }
        }

        Assert.True(tried > 30, $"{tried} requests were tried");

        // An administrator may see both, and finds nothing under the wrong parent either.
        var admin = app.As(accounts.Administrator);
        foreach (var (path, kind) in new[] { ("/users/one/tokens/", "tokens"), ("/users/one/sessions/", "sessions"), ("/namespaces/one/grants/", "grants") })
        {
            await admin.ExpectAsync(HttpStatusCode.NotFound, HttpMethod.Delete, path + two.Part("id", kind));
            await admin.ExpectAsync(HttpStatusCode.NoContent, HttpMethod.Delete, path + one.Part("id", kind));
        }

        // And the other tenant is whole.
        Assert.Equal([two.Part("id", "tokens")], await app.As(two.User).ListAsync("/users/two/tokens", "id"));
        Assert.Equal(["two+two-ci"], await app.As(two.User).ListAsync("/namespaces/two/robots", "signInName"));
    }

    [Theory]
    [Engines]
    public async Task S32_Whoever_manages_nothing_is_not_told_which_grants_there_are(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        using var accounts = await Accounts.CreateAsync(app);
        var one = await TenantAsync(app, accounts, "one");
        var robot = await accounts.RobotAsync("one", "deaf");
        var limited = await accounts.TokenAsync(one.User, ("one/*", ["pull"]));
        foreach (var account in new[] { robot, limited })
        {
            foreach (var grant in new[] { one.Part("id", "grants"), "999999" })
            {
                await app.As(account).ExpectAsync(HttpStatusCode.Forbidden, HttpMethod.Get, $"/namespaces/one/grants/{grant}");
                await app.As(account).ExpectAsync(HttpStatusCode.Forbidden, HttpMethod.Delete, $"/namespaces/one/grants/{grant}");
            }
        }
    }

    private static bool HasBody(string method) => method is "POST" or "PUT" or "PATCH";

    // Bodies that would be accepted under one's own names.
    private static StringContent Bodies(string path) => new(
        path switch
        {
            _ when path.EndsWith("/password", StringComparison.Ordinal) => $$"""{"password":"{{Accounts.PasswordOf("x")}}"}""",
            _ when path.EndsWith("/rotate", StringComparison.Ordinal) => "{}",
            _ when path.EndsWith("/grants", StringComparison.Ordinal) => """{"user":"one","role":"reader","names":"two/*"}""",
            _ when path.EndsWith("/tokens", StringComparison.Ordinal) || path.EndsWith("/robots", StringComparison.Ordinal) => """{"name":"new"}""",
            _ when path.EndsWith("{robot}", StringComparison.Ordinal) => """{"disabled":true}""",
            _ when path.EndsWith("{user}", StringComparison.Ordinal) => """{"disabled":true}""",
            _ => """{"visibility":"public"}""",
        },
        Encoding.UTF8,
        "application/json");

    private static async Task<Tenant> TenantAsync(RegistryApp app, Accounts accounts, string name)
    {
        var user = await accounts.UserAsync(name, "owner", $"{name}/*");
        var token = await accounts.PostAsync($"/users/{name}/tokens", new { name = "token" });
        await accounts.RobotAsync(name, $"{name}-ci");
        var grant = await accounts.PostAsync("/grants", new { robot = $"{name}+{name}-ci", role = "reader", names = $"{name}/*" });
        await accounts.TeamAsync($"{name}-team", user);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/token?offline_token=true&client_id=x&service=registry");
        request.Headers.Authorization = user.Basic;
        using var signedIn = await app.Client.SendAsync(request);
        await OciAssert.StatusAsync(signedIn, HttpStatusCode.OK);
        var session = (await app.As(user).ListAsync($"/users/{name}/sessions", "id")).Single()!;
        return new Tenant(user, token.GetProperty("token").GetProperty("id").ToString(), session, grant.GetProperty("id").ToString());
    }

    [GeneratedRegex(@"\{([a-z]+)\}")]
    private static partial Regex Place();

    private sealed record Tenant(Account User, string Token, string Session, string Grant)
    {
        public string Part(string place, string? kind) => place switch
        {
            "user" or "namespace" => User.Name,
            "robot" => $"{User.Name}-ci",
            "team" => $"{User.Name}-team",
            "repository" => $"{User.Name}/app",
            _ => kind switch
            {
                "tokens" => Token,
                "sessions" => Session,
                _ => Grant,
            },
        };
    }
}
