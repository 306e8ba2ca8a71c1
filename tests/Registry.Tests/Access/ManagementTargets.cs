using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using Registry.Auth.Identities;
using Registry.CommandLine;

namespace Registry.Tests.Access;

/// <summary>What the management API is asked for in the matrix. What a request may take away is made for it.</summary>
internal sealed partial class ManagementTargets : IDisposable
{
    private const string Victim = "victim", Ours = "crew", Theirs = "guild";

    /// <summary>An upstream that does not answer; the registry is to be started with it.</summary>
    public static readonly (string Alias, (string, string) Setting) Upstream = ("beyond", ("Upstreams:beyond:Address", "http://127.0.0.1:9"));

    private readonly Tenants _tenants;
    private readonly HttpClient _local;
    private int _names;

    private ManagementTargets(RegistryApp app, Tenants tenants) =>
        (_tenants, _local) = (tenants, LocalSocket.CreateClient(app.DataDirectory));

    /// <summary>Two namespaces, of which the callers have roles on one, a team that all are in, and one that none is in.</summary>
    public static async Task<ManagementTargets> CreateAsync(RegistryApp app, Tenants tenants)
    {
        var targets = new ManagementTargets(app, tenants);
        await tenants.UserAsync(Victim);
        foreach (var name in new[] { "acme/public", "acme/private", "elsewhere/app" })
        {
            await new RepositoryClient(targets._local, name).PushImageAsync("latest");
        }

        await tenants.MakePublicAsync("acme/public");
        await tenants.ExecuteAsync(
            "update subject set namespace_id = (select id from namespace where name = 'acme') where name = @name", new { name = "acme+robot" });
        foreach (var team in new[] { Ours, Theirs })
        {
            await targets.SendAsync(HttpMethod.Post, "/teams", new { name = team });
        }

        await targets.SendAsync(HttpMethod.Put, $"/teams/{Theirs}/members/{Victim}");
        await tenants.ExecuteAsync(
            "insert into team_member (team_id, subject_id) select t.id, s.id from team t, subject s where t.name = @Ours and s.kind = 1 and s.name <> @Victim",
            new { Ours, Victim });
        return targets;
    }

    public async Task<string> PathAsync(MatrixQuestion question)
    {
        var path = question.Path;
        foreach (var place in Place.Matches(path).Select(match => match.Value).ToArray())
        {
            path = path.Replace(place, await PartAsync(place, question, path), StringComparison.Ordinal);
        }

        return path;
    }

    public HttpContent? Body(MatrixQuestion question) => (question.Method, Place.Replace(question.Path["/api/v1".Length..], "-")) switch
    {
        ("POST", "/users" or "/teams" or "/namespaces" or "/users/-/tokens" or "/namespaces/-/robots") => JsonContent.Create(new { name = NewName() }),
        ("POST", "/users/import") => JsonContent.Create(new { htpasswd = "# nobody\n" }),
        ("POST", "/grants" or "/namespaces/-/grants") => JsonContent.Create(new { user = Victim, role = "reader", names = $"{question.Repository}/*" }),
        ("POST", "/upstreams/-/refresh") => JsonContent.Create(new { repository = "app", tag = "latest" }),
        ("POST", "/namespaces/-/robots/-/rotate") => JsonContent.Create(new { graceSeconds = 3600 }),
        ("PUT", "/users/-/password") => JsonContent.Create(new { password = "seven kettles under the moonlight" }),
        ("PATCH", "/users/-") => JsonContent.Create(new { disabled = false }),
        ("PATCH", "/namespaces/-/robots/-") => JsonContent.Create(new { disabled = true }),
        ("PATCH", _) => JsonContent.Create(new { visibility = question.Repository == "public" ? "public" : "private" }),
        _ => null,
    };

    public void Dispose() => _local.Dispose();

    private Task<string> PartAsync(string place, MatrixQuestion question, string path) => (place, question.Repository) switch
    {
        ("{user}", _) when path.Contains("/members/", StringComparison.Ordinal) => MemberAsync(path),
        ("{user}", "own") => Task.FromResult(question.Caller == "robot" ? "acme+robot" : question.Caller),
        ("{user}", _) => question is { Method: "DELETE", Path: "/api/v1/users/{user}" } ? UserAsync() : Task.FromResult(Victim),
        ("{team}", var whose) => question is { Method: "DELETE", Path: "/api/v1/teams/{team}" } ? TeamAsync(whose, question.Caller)
            : Task.FromResult(whose == "own" ? Ours : Theirs),
        ("{namespace}", "elsewhere") when question is { Method: "DELETE", Path: "/api/v1/namespaces/{namespace}" } => NamespaceAsync(),
        ("{namespace}", var space) => Task.FromResult(space == "own" ? "acme" : space),
        ("{upstream}", _) => Task.FromResult(Upstream.Alias),
        ("{robot}", "own") => Task.FromResult("robot"),
        ("{robot}", var space) => RobotAsync(space),
        ("{**repository}", var which) => RepositoryAsync(question.Method, which),
        ("{id}", var space) when path.Contains("/grants/", StringComparison.Ordinal) => GrantAsync(space),
        ("{id}", _) => CredentialAsync(path),
        _ => throw new InvalidOperationException($"nothing is known of {place}"),
    };

    private async Task<string> UserAsync()
    {
        var name = NewName();
        await SendAsync(HttpMethod.Post, "/users", new { name });
        return name;
    }

    private async Task<string> TeamAsync(string whose, string caller)
    {
        var name = NewName();
        await SendAsync(HttpMethod.Post, "/teams", new { name });
        await _tenants.ExecuteAsync(
            "insert into team_member (team_id, subject_id) select t.id, s.id from team t, subject s where t.name = @name and s.name = @member",
            new { name, member = whose == "own" ? caller : Victim });
        return name;
    }

    private async Task<string> MemberAsync(string path)
    {
        var user = await UserAsync();
        await SendAsync(HttpMethod.Put, path["/api/v1".Length..].Replace("{user}", user, StringComparison.Ordinal));
        return user;
    }

    private async Task<string> NamespaceAsync()
    {
        var name = NewName();
        await SendAsync(HttpMethod.Post, "/namespaces", new { name });
        return name;
    }

    private async Task<string> RobotAsync(string space)
    {
        var name = NewName();
        await SendAsync(HttpMethod.Post, $"/namespaces/{space}/robots", new { name });
        return name;
    }

    private async Task<string> GrantAsync(string space) =>
        (await SendAsync(HttpMethod.Post, "/grants", new { user = Victim, role = "reader", names = $"{space}/{NewName()}*" })).GetProperty("id").ToString();

    private async Task<string> CredentialAsync(string path)
    {
        var kind = path.Contains("/sessions/", StringComparison.Ordinal) ? CredentialKind.RefreshToken : CredentialKind.AccessToken;
        return $"{await _tenants.CredentialAsync(path.Split('/')[4], kind, RandomNumberGenerator.GetBytes(32)) ?? 1}";
    }

    private async Task<string> RepositoryAsync(string method, string which)
    {
        var space = which == "elsewhere" ? which : "acme";
        if (method != "DELETE")
        {
            return which == "elsewhere" ? "elsewhere/app" : $"acme/{which}";
        }

        var name = $"{space}/{NewName()}";
        await new RepositoryClient(_local, name).StartUploadAsync();
        if (which == "public")
        {
            await _tenants.MakePublicAsync(name);
        }

        return name;
    }

    private async Task<JsonElement> SendAsync(HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, $"/api/v1{path}") { Content = body is null ? null : JsonContent.Create(body) };
        using var response = await _local.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{method} {path} was answered {(int)response.StatusCode}\n{text}");
        return text.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(text);
    }

    private string NewName() => $"new-{++_names}";

    [GeneratedRegex(@"\{[^}]+\}")]
    private static partial Regex Place { get; }
}
