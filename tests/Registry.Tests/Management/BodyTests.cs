using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Registry.Management;

namespace Registry.Tests.Management;

/// <summary>What is sent to the management API is read strictly.</summary>
public sealed class BodyTests
{
    // Every column of the tables behind it, and what the answers call them.
    private static readonly string[] Columns =
    [
        "id", "kind", "epoch", "namespaceId", "namespace_id", "disabledAt", "disabled_at", "createdAt", "created_at", "subjectId", "subject_id", "parentId", "parent_id",
        "secret", "hash", "passwordHash", "expiresAt", "expires_at", "lastUsedAt", "last_used_at", "revokedAt", "revoked_at", "teamId", "team_id", "repositoryId",
        "repository_id", "prefix", "isAdministrator", "is_administrator", "admin", "Administrator", "ADMINISTRATOR", "Role", "roles", "grants", "signInName", "actor", "$type", "__proto__",
    ];

    [Fact]
    public async Task S30_No_body_takes_a_member_that_it_does_not_declare()
    {
        await using var app = await RegistryApp.StartAsync();
        using var accounts = await Accounts.CreateAsync(app);
        await accounts.UserAsync("alice", "owner", "team/*");
        await accounts.RobotAsync("team", "ci");
        var admin = app.As(accounts.Administrator);
        var tried = 0;
        foreach (var (method, path, type) in Operations(app))
        {
            var declared = type.GetConstructors()[0].GetParameters().Select(parameter => parameter.Name!).ToArray();
            var members = declared.Select(name => char.ToLowerInvariant(name[0]) + name[1..]).ToHashSet();
            foreach (var column in Columns.Concat(declared.Select(name => name.ToUpperInvariant())).Where(column => !members.Contains(column)))
            {
                var body = Valid(type);
                body[column] = 1;
                using var content = Json(body.ToJsonString());
                using var response = await admin.SendAsync(method, path, content);
                var error = await OciAssert.ErrorAsync(response, HttpStatusCode.BadRequest, "INVALID");
                Assert.DoesNotContain("Registry.", error.ToString(), StringComparison.Ordinal);
                tried++;
            }
        }

        Assert.True(tried > 400, $"{tried} bodies were tried");
        var alice = await admin.ReadAsync("/users/alice");
        Assert.False(alice.GetProperty("administrator").GetBoolean());
    }

    [Theory]
    [InlineData("""{"name":"x","name":"y"}""")]
    [InlineData("""{"name":"x"} {}""")]
    [InlineData("""{"name":null}""")]
    [InlineData("""{"name":1}""")]
    [InlineData("""{"name":["x"]}""")]
    [InlineData("""{"name":"x","administrator":"true"}""")]
    [InlineData("""{"name":"x",}""")]
    [InlineData("""{"name":"x"/**/}""")]
    [InlineData("""{"name":"\ud800"}""")]
    [InlineData("""{}""")]
    [InlineData("""[]""")]
    [InlineData("null")]
    [InlineData("")]
    [InlineData("{")]
    public async Task A_body_that_is_not_exactly_what_is_expected_is_400(string body)
    {
        await using var app = await RegistryApp.StartAsync();
        using var accounts = await Accounts.CreateAsync(app);
        using var content = Json(body);
        using var response = await app.As(accounts.Administrator).SendAsync(HttpMethod.Post, "/users", content);
        await OciAssert.ErrorAsync(response, HttpStatusCode.BadRequest, "INVALID");
    }

    [Fact]
    public async Task S37_Bodies_that_a_page_of_another_site_could_send_are_refused()
    {
        await using var app = await RegistryApp.StartAsync();
        using var accounts = await Accounts.CreateAsync(app);
        var admin = app.As(accounts.Administrator);
        foreach (var type in new[] { "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x" })
        {
            using var content = new StringContent("""{"name":"eve"}""");
            content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
            await admin.ExpectAsync(HttpStatusCode.UnsupportedMediaType, HttpMethod.Post, "/users", content);
        }

        using var request = new HttpRequestMessage(HttpMethod.Delete, "/api/v1/users/admin/sessions");
        request.Headers.Authorization = accounts.Administrator.Basic;
        request.Headers.TryAddWithoutValidation("Origin", "https://evil.example");
        using var refused = await app.Client.SendAsync(request);
        await OciAssert.ErrorAsync(refused, HttpStatusCode.Forbidden, "DENIED");
        using var large = Json($$"""{"name":"{{new string('x', 70_000)}}"}""");
        await admin.ExpectAsync(HttpStatusCode.RequestEntityTooLarge, HttpMethod.Post, "/users", large);
    }

    [Fact]
    public async Task S31_Lists_are_filtered_by_what_they_declare_alone()
    {
        await using var app = await RegistryApp.StartAsync();
        using var accounts = await Accounts.CreateAsync(app);
        await accounts.UserAsync("alice");
        var admin = app.As(accounts.Administrator);
        foreach (var path in new[] { "/users", "/audit", "/teams", "/grants", "/namespaces", "/repositories", "/users/alice/tokens", "/keys" })
        {
            var plain = (await admin.ReadAsync(path)).GetRawText();
            foreach (var column in Columns.Concat(["sort", "order", "filter", "q", "fields", "expand"]).Where(column => column is not "actor"))
            {
                Assert.Equal(plain, (await admin.ReadAsync($"{path}?{Uri.EscapeDataString(column)}=a")).GetRawText());
            }
        }

        // A filter is a value, whatever it looks like.
        foreach (var value in new[] { "admin' or '1'='1", "%", "local%", "a;drop table audit", "admin'--" })
        {
            Assert.Empty(await admin.ListAsync($"/audit?actor={Uri.EscapeDataString(value)}", "id"));
            Assert.Empty(await admin.ListAsync($"/audit?action={Uri.EscapeDataString(value)}", "id"));
        }

        Assert.All(await admin.ListAsync("/audit?action=user.create", "action"), action => Assert.Equal("user.create", action));
        Assert.Equal(2, (await admin.ListAsync("/audit?action=user.create&actor=local", "id")).Count);
    }

    // Named so that none of it exists, or is what it was: a body that is taken by mistake changes something that is looked at.
    private static JsonObject Valid(Type type) => type.Name switch
    {
        nameof(Setup) => new JsonObject { ["token"] = "x", ["name"] = "x", ["password"] = "x" },
        nameof(NewPassword) => new JsonObject { ["password"] = Accounts.PasswordOf("x") },
        nameof(Import) => new JsonObject { ["htpasswd"] = "" },
        nameof(NewGrant) => new JsonObject { ["names"] = "team/*", ["role"] = "reader", ["user"] = "alice" },
        nameof(VisibilityChange) => new JsonObject { ["visibility"] = "private" },
        nameof(RobotChange) => new JsonObject { ["disabled"] = false },
        nameof(UserChange) or nameof(Rotation) => [],
        _ => new JsonObject { ["name"] = "x" },
    };

    private static IEnumerable<(HttpMethod Method, string Path, Type Body)> Operations(RegistryApp app) =>
        from endpoint in app.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
        let operation = endpoint.Metadata.GetMetadata<Operation>()
        where operation?.Body is not null
        let path = endpoint.RoutePattern.RawText!["/api/v1".Length..].Replace("{user}", "alice", StringComparison.Ordinal).Replace("{namespace}", "team", StringComparison.Ordinal)
            .Replace("{robot}", "ci", StringComparison.Ordinal).Replace("{**repository}", "team/app", StringComparison.Ordinal)
        select (new HttpMethod(operation.Method), path, operation.Body!);

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");
}
