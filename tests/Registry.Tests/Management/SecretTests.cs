using System.Net;
using System.Text;

namespace Registry.Tests.Management;

/// <summary>Secrets are shown once, to those who asked for them, and nowhere else.</summary>
public sealed class SecretTests
{
    [Theory]
    [Engines]
    public async Task S35_No_answer_to_a_GET_has_a_secret(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        using var accounts = await Accounts.CreateAsync(app);
        var canaries = await CanariesAsync(accounts);
        var admin = app.As(accounts.Administrator);
        var alice = app.As(new Account("alice", canaries[0]));
        var tried = 0;
        foreach (var path in OpenApiTests.Routes(app).Where(route => route.StartsWith("GET ", StringComparison.Ordinal)).Select(route => route["GET /api/v1".Length..]))
        {
            var ids = !path.Contains("{id}", StringComparison.Ordinal) ? [""] : await admin.ListAsync(Fill(path[..path.LastIndexOf('/')], ""), "id");
            foreach (var id in ids)
            {
                foreach (var client in new[] { admin, alice, new ManagementClient(accounts.Local, null) })
                {
                    using var response = await client.GetAsync(Fill(path, id!));
                    var text = await response.Content.ReadAsStringAsync() + response.Headers;
                    Assert.All(canaries, canary => Assert.DoesNotContain(canary, text, StringComparison.Ordinal));
                    Assert.DoesNotContain("AQAAAA", text, StringComparison.Ordinal); // how a hash of the framework begins
                    tried++;
                }
            }
        }

        Assert.True(tried > 40, $"{tried} requests were tried");
    }

    [Theory]
    [Engines]
    public async Task S40_No_log_database_or_process_list_has_a_secret(Engine engine)
    {
        await using var registry = await RegistryProcess.StartAsync(engine, ("AccessLog:Enabled", "true"), ("Logging:LogLevel:Default", "Trace"));
        using var accounts = await Accounts.CreateAsync(registry);
        var canaries = await CanariesAsync(accounts);
        foreach (var canary in canaries)
        {
            var client = new ManagementClient(registry.Client, new Account("alice", canary));
            using var whoami = await client.GetAsync("/whoami");
            using var form = await registry.Client.PostAsync("/token", new FormUrlEncodedContent(new Dictionary<string, string>
            {
                ["grant_type"] = "password",
                ["username"] = "alice",
                ["password"] = canary,
                ["service"] = "registry",
                ["client_id"] = "x",
                ["access_type"] = "offline",
            }));
            using var broken = await client.PostAsync("/users", new StringContent($"{{\"name\":\"x\",\"{canary}\":1}}", Encoding.UTF8, "application/json"));
            Assert.DoesNotContain(canary, await whoami.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        var lines = Directory.GetDirectories("/proc").Where(process => char.IsAsciiDigit(Path.GetFileName(process)[0])).Select(CommandLineOf).ToList();
        registry.Terminate();
        await registry.ExitedAsync();
        var database = engine is Engine.Sqlite
            ? Encoding.Latin1.GetString(await File.ReadAllBytesAsync(Path.Combine(registry.DataDirectory, "registry.db")))
            : await ChildProcess.RunAsync("pg_dump", ["--inserts", "--dbname", ToUri(registry.ConnectionString!)]);
        foreach (var canary in canaries)
        {
            Assert.DoesNotContain(canary, registry.Output, StringComparison.Ordinal);
            Assert.DoesNotContain(canary, registry.Errors, StringComparison.Ordinal);
            Assert.DoesNotContain(canary, database, StringComparison.Ordinal);
            Assert.DoesNotContain(Convert.ToHexStringLower(Encoding.UTF8.GetBytes(canary)), database, StringComparison.Ordinal);
            Assert.All(lines, line => Assert.DoesNotContain(canary, line, StringComparison.Ordinal));
        }

        Assert.Contains("alice", database, StringComparison.Ordinal);
    }

    [Theory]
    [Engines]
    public async Task S34_No_name_gives_a_right(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        using var accounts = await Accounts.CreateAsync(app);
        foreach (var name in new[] { "administrator", "root", "system", "anonymous", "robot", "scanner", "proxy-cache", "internal", "token", "oauth2accesstoken", "registry", "team.ci" })
        {
            var user = app.As(await accounts.UserAsync(name));
            await user.ExpectAsync(HttpStatusCode.NotFound, HttpMethod.Get, "/users");
            await user.ExpectAsync(HttpStatusCode.NotFound, HttpMethod.Get, "/users/admin");
            await user.ExpectAsync(HttpStatusCode.NotFound, HttpMethod.Get, $"/namespaces/{name}");
            var robot = app.As(await accounts.RobotAsync(name, name));
            await robot.ExpectAsync(HttpStatusCode.Forbidden, HttpMethod.Get, $"/users/{name}");
            await robot.ExpectAsync(HttpStatusCode.Forbidden, HttpMethod.Post, $"/users/{name}/tokens", new { name = "x" });
            Assert.Equal(("user", "robot"), ((await user.ReadAsync("/whoami")).GetProperty("kind").GetString(), (await robot.ReadAsync("/whoami")).GetProperty("kind").GetString()));
        }
    }

    /// <summary>One secret of each kind.</summary>
    private static async Task<IReadOnlyList<string>> CanariesAsync(Accounts accounts)
    {
        // A password of this test alone: the process list has the clients of other tests, which are given theirs as arguments.
        var alice = new Account("alice", $"nine lanterns {Guid.NewGuid()}");
        await accounts.PostAsync("/users", new { name = alice.Name, password = alice.Secret });
        await accounts.GrantAsync(alice, "owner", "team/*");
        var token = await accounts.TokenAsync(alice);
        var robot = await accounts.RobotAsync("team", "ci");
        var rotated = await accounts.PostAsync("/namespaces/team/robots/ci/rotate", new { graceSeconds = 60 });
        return [alice.Secret, token.Secret, robot.Secret, rotated.GetProperty("secret").GetString()!];
    }

    private static string Fill(string path, string id) => path
        .Replace("{user}", "alice", StringComparison.Ordinal).Replace("{namespace}", "team", StringComparison.Ordinal).Replace("{robot}", "ci", StringComparison.Ordinal)
        .Replace("{team}", "developers", StringComparison.Ordinal).Replace("{repository}", "team/app", StringComparison.Ordinal).Replace("{id}", id, StringComparison.Ordinal);

    private static string CommandLineOf(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline"));
        }
        catch (IOException)
        {
            return string.Empty; // it has ended
        }
    }

    private static string ToUri(string connectionString)
    {
        var settings = new Npgsql.NpgsqlConnectionStringBuilder(connectionString);
        return $"postgresql://{settings.Username}@{settings.Host}:{settings.Port}/{settings.Database}";
    }
}
