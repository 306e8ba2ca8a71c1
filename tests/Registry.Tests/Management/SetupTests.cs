using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Registry.Auth.Identities;

namespace Registry.Tests.Management;

/// <summary>How the first administrator comes in, and that nobody else does.</summary>
public sealed partial class SetupTests
{
    [Theory]
    [Engines]
    public async Task Of_two_who_set_up_at_once_one_wins_and_all_tokens_are_gone(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        var setup = app.Services.GetRequiredService<SetupTokens>();
        string[] tokens = [.. await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ => (await setup.CreateAsync(CancellationToken.None))!))];
        var answers = await Task.WhenAll(tokens.Select((token, i) => app.As(null).PostAsync("/setup", Body(token, $"admin{i}"))));
        Assert.Single(answers, answer => answer.StatusCode is HttpStatusCode.Created);
        Assert.Equal(3, answers.Count(answer => answer.StatusCode is HttpStatusCode.Forbidden));

        var winner = Array.FindIndex(answers, answer => answer.StatusCode is HttpStatusCode.Created);
        var admin = app.As(new Account($"admin{winner}", Accounts.PasswordOf($"admin{winner}")));
        Assert.Equal([$"admin{winner}"], await admin.ListAsync("/users", "name"));
        await app.As(null).ExpectAsync(HttpStatusCode.Forbidden, HttpMethod.Post, "/setup", Body(tokens[winner], "eve"));
        Assert.Null(await setup.CreateAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_wrong_token_or_a_weak_password_sets_nothing_up()
    {
        await using var app = await RegistryApp.StartAsync();
        var token = (await app.Services.GetRequiredService<SetupTokens>().CreateAsync(CancellationToken.None))!;
        foreach (var wrong in new[] { "", "rgs_x", token[..^1], token + "x", new string('x', 5000) })
        {
            await app.As(null).ExpectAsync(HttpStatusCode.Forbidden, HttpMethod.Post, "/setup", Body(wrong, "eve"));
        }

        await app.As(null).ExpectAsync(HttpStatusCode.BadRequest, HttpMethod.Post, "/setup", new { token, name = "admin", password = "password1234" });
        await app.As(null).ExpectAsync(HttpStatusCode.BadRequest, HttpMethod.Post, "/setup", new { token, name = "admin", password = Accounts.PasswordOf("admin"), administrator = true });
        await app.As(null).ExpectAsync(HttpStatusCode.Created, HttpMethod.Post, "/setup", Body(token, "admin"));
    }

    [Theory]
    [Engines]
    public async Task S33_A_fresh_registry_knows_no_credential_and_its_management_is_closed(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine, ("Access:Open", "true"));
        foreach (var (name, password) in new[] { ("admin", "admin"), ("admin", "password"), ("admin", ""), ("root", "root"), ("local", "local"), ("", "") })
        {
            await app.As(new Account(name, password)).ExpectAsync(HttpStatusCode.Unauthorized, HttpMethod.Get, "/whoami");
        }

        foreach (var path in new[] { "/whoami", "/users", "/audit", "/keys", "/repositories", "/namespaces" })
        {
            await app.As(null).ExpectAsync(HttpStatusCode.Unauthorized, HttpMethod.Get, path);
        }

        await app.As(null).ExpectAsync(HttpStatusCode.Unauthorized, HttpMethod.Post, "/users", new { name = "eve", administrator = true });
    }

    [Fact]
    public async Task On_loopback_the_start_says_how_to_make_the_first_user_and_prints_no_token()
    {
        await using var registry = await RegistryProcess.StartAsync();
        await Eventually.TrueAsync(() => registry.Errors.Contains("registry user add NAME --administrator", StringComparison.Ordinal), "the welcome is printed");
        Assert.DoesNotContain("rgs_", registry.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_printed_token_makes_the_first_administrator()
    {
        var port = Ports.Next();
        await using var registry = await RegistryProcess.CreateAsync(Engine.Sqlite, ("urls", $"http://0.0.0.0:{port}"));
        await using var process = ChildProcess.Start(
            "dotnet", [Path.Combine(AppContext.BaseDirectory, "registry.dll"), $"--urls=http://0.0.0.0:{port}", $"--DataDirectory={registry.DataDirectory}"]);
        await Eventually.TrueAsync(() => Task.FromResult(Token().IsMatch(process.Errors)), () => $"a set-up token is printed\n{process.Errors}");
        var token = Token().Match(process.Errors).Value;
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}/") };
        using var content = new StringContent($$"""{"token":"{{token}}","name":"admin","password":"{{Accounts.PasswordOf("admin")}}"}""", Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        using var answer = await client.PostAsync("/api/v1/setup", content);
        await OciAssert.StatusAsync(answer, HttpStatusCode.Created);
        await new ManagementClient(client, new Account("admin", Accounts.PasswordOf("admin"))).ExpectAsync(HttpStatusCode.OK, HttpMethod.Get, "/users");
        process.Terminate();
        await process.ExitedAsync();
    }

    private static object Body(string token, string name) => new { token, name, password = Accounts.PasswordOf(name) };

    [GeneratedRegex("rgs_[A-Za-z0-9_-]{43}")]
    private static partial Regex Token();
}
