using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Registry.CommandLine;

namespace Registry.Tests;

/// <summary>Somebody who can sign in.</summary>
/// <param name="Name">The name to sign in with.</param>
/// <param name="Secret">The password, access token or robot's secret.</param>
public sealed record Account(string Name, string Secret)
{
    /// <summary>The header of a request with name and secret.</summary>
    public AuthenticationHeaderValue Basic => new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Name}:{Secret}")));

    /// <summary>The header of a request with a token alone.</summary>
    public AuthenticationHeaderValue Bearer => new("Bearer", Secret);
}

/// <summary>
/// Users, robots and grants of a registry, made over the socket in its data directory. The first user is the administrator.
/// </summary>
public sealed class Accounts : IDisposable
{
    private Accounts(string dataDirectory) => Local = LocalSocket.CreateClient(dataDirectory);

    /// <summary>A client behind which nobody has to sign in.</summary>
    public HttpClient Local { get; }

    public Account Administrator { get; private set; } = new("admin", PasswordOf("admin"));

    public static Task<Accounts> CreateAsync(RegistryApp app) => CreateAsync(app.DataDirectory);

    public static Task<Accounts> CreateAsync(RegistryProcess registry) => CreateAsync(registry.DataDirectory);

    /// <summary>A password that is accepted for the name.</summary>
    public static string PasswordOf(string name) => $"seven kettles under {new string([.. name.Reverse()])} moonlight";

    public async Task<Account> UserAsync(string name, bool administrator = false)
    {
        await PostAsync("/users", new { name, password = PasswordOf(name), administrator });
        return new Account(name, PasswordOf(name));
    }

    /// <summary>A user with a role on names, as in <c>team/*</c>.</summary>
    public async Task<Account> UserAsync(string name, string role, string names)
    {
        var user = await UserAsync(name);
        await GrantAsync(user, role, names);
        return user;
    }

    /// <summary>A robot of a namespace, which is made if there is none.</summary>
    public async Task<Account> RobotAsync(string space, string name)
    {
        using (await Local.PostAsJsonAsync("/api/v1/namespaces", new { name = space }))
        {
            // It may be there already.
        }

        var answer = await PostAsync($"/namespaces/{space}/robots", new { name });
        return new Account($"{space}+{name}", answer.GetProperty("secret").GetString()!);
    }

    /// <summary>A robot with a role on names.</summary>
    public async Task<Account> RobotAsync(string space, string name, string role, string names)
    {
        var robot = await RobotAsync(space, name);
        await GrantAsync(robot, role, names);
        return robot;
    }

    /// <summary>An access token of a user; limits are pairs of names and actions, as in <c>("team/*", ["pull"])</c>.</summary>
    public async Task<Account> TokenAsync(Account user, params (string Names, string[] Actions)[] limits)
    {
        var answer = await PostAsync(
            $"/users/{user.Name}/tokens",
            limits.Length == 0
                ? (object)new { name = "test" }
                : new { name = "test", limits = limits.Select(limit => new { names = limit.Names, actions = limit.Actions }) });
        return new Account(user.Name, answer.GetProperty("secret").GetString()!);
    }

    /// <summary>Gives a role to a user or robot; returns the number of the grant.</summary>
    public Task<long> GrantAsync(Account to, string role, string names, bool? overwrite = null, bool? removal = null) => GrantAsync(
        to.Name.Contains('+', StringComparison.Ordinal)
            ? new { robot = to.Name, role, names, overwrite, removal }
            : new { user = to.Name, role, names, overwrite, removal });

    public Task<long> GrantTeamAsync(string team, string role, string names) => GrantAsync(new { team, role, names });

    public Task RevokeAsync(long grant) => SendAsync(HttpMethod.Delete, $"/grants/{grant}");

    public async Task TeamAsync(string team, params Account[] members)
    {
        await PostAsync("/teams", new { name = team });
        foreach (var member in members)
        {
            await SendAsync(HttpMethod.Put, $"/teams/{team}/members/{member.Name}");
        }
    }

    public Task DisableAsync(Account user, bool disabled = true) => SendAsync(HttpMethod.Patch, $"/users/{user.Name}", new { disabled });

    /// <summary>Makes a namespace, with what is in it, public or private.</summary>
    public async Task NamespaceAsync(string name, bool isPublic)
    {
        var visibility = isPublic ? "public" : "private";
        using var response = await Local.PostAsJsonAsync("/api/v1/namespaces", new { name, visibility });
        if (response.StatusCode is HttpStatusCode.Conflict)
        {
            await SendAsync(HttpMethod.Patch, $"/namespaces/{name}", new { visibility });
        }
    }

    /// <summary>POST that has to succeed; returns the answer.</summary>
    public Task<JsonElement> PostAsync(string path, object body) => SendAsync(HttpMethod.Post, path, body);

    /// <summary>Any request of the management API that has to succeed; returns the answer.</summary>
    public async Task<JsonElement> SendAsync(HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, $"/api/v1{path}") { Content = body is null ? null : JsonContent.Create(body) };
        using var response = await Local.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{method} {path} was answered {(int)response.StatusCode}\n{text}");
        return text.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(text);
    }

    public void Dispose() => Local.Dispose();

    private async Task<long> GrantAsync(object grant) => (await PostAsync("/grants", grant)).GetProperty("id").GetInt64();

    private static async Task<Accounts> CreateAsync(string dataDirectory)
    {
        var accounts = new Accounts(dataDirectory);
        accounts.Administrator = await accounts.UserAsync("admin", administrator: true);
        return accounts;
    }
}
