using System.Text.Json;

namespace Registry.Tests.Management;

/// <summary>The same by command line: over the socket of a running registry, without one, and over the network.</summary>
public sealed class CommandLineTests
{
    [Theory]
    [Engines]
    public async Task A_private_registry_is_set_up_by_commands_beside_it(Engine engine)
    {
        await using var registry = await RegistryProcess.StartAsync(engine);
        await RunAsync(registry.DataDirectory, Accounts.PasswordOf("root"), "user", "add", "root", "--administrator", "--password-stdin");
        await RunAsync(registry.DataDirectory, Accounts.PasswordOf("alice"), "user", "add", "alice", "--password-stdin");
        await RunAsync(registry.DataDirectory, "", "namespace", "create", "team");
        await RunAsync(registry.DataDirectory, "", "team", "add", "developers");
        await RunAsync(registry.DataDirectory, "", "team", "member", "add", "developers", "alice");
        await RunAsync(registry.DataDirectory, "", "grant", "add", "--team", "developers", "writer", "team/*");
        await RunAsync(registry.DataDirectory, "", "grant", "add", "alice", "owner", "team/*");
        var robot = await RunAsync(registry.DataDirectory, "", "robot", "add", "team+ci");
        await RunAsync(registry.DataDirectory, "", "grant", "add", "team+ci", "writer", "team/app-*");
        var rotated = await RunAsync(registry.DataDirectory, "", "robot", "rotate", "team+ci");
        Assert.NotEqual(robot, rotated);

        var grants = await RunAsync(registry.DataDirectory, "", "grant", "list");
        Assert.Equal(4, grants.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains("team/app-*", grants, StringComparison.Ordinal);
        var alice = new ManagementClient(registry.Client, new Account("alice", Accounts.PasswordOf("alice")));
        Assert.Equal(["owner", "writer"], (await alice.ReadAsync("/whoami")).GetProperty("roles").EnumerateArray().Select(role => role.GetProperty("role").GetString()).Order());
        Assert.Equal("team+ci", (await new ManagementClient(registry.Client, new Account("team+ci", rotated.Trim())).ReadAsync("/whoami")).GetProperty("name").GetString());
        var users = JsonDocument.Parse(await RunAsync(registry.DataDirectory, "", "user", "list", "--json")).RootElement;
        Assert.Equal(["alice", "root"], users.EnumerateArray().Select(user => user.GetProperty("name").GetString()));

        var token = (await RunAsync(registry.DataDirectory, "", "token", "create", "alice", "--name", "laptop")).Trim();
        Assert.Contains("alice", await RegistryCommandLine.RunAsync(null, "", ["whoami", $"--server={registry.Address}"], ("REGISTRY_TOKEN", token)), StringComparison.Ordinal);
        Assert.Contains("grant.add", await RunAsync(registry.DataDirectory, "", "audit", "list"), StringComparison.Ordinal);
        Assert.Contains("ES256", await RunAsync(registry.DataDirectory, "", "key", "rotate", "--json"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_running_registry_a_command_starts_one_for_itself()
    {
        await using var registry = await RegistryProcess.CreateAsync();
        await RunAsync(registry.DataDirectory, Accounts.PasswordOf("root"), "user", "add", "root", "--administrator", "--password-stdin");
        Assert.False(File.Exists(Path.Combine(registry.DataDirectory, "registry.sock")));
        await registry.StartAgainAsync();
        var root = new ManagementClient(registry.Client, new Account("root", Accounts.PasswordOf("root")));
        Assert.Equal(["root"], await root.ListAsync("/users", "name"));
    }

    [Fact]
    public async Task Commands_end_with_1_when_refused_and_with_2_when_not_understood()
    {
        await using var registry = await RegistryProcess.StartAsync();
        Assert.Equal((1, "registry: the first user must be an administrator"), await FailAsync(registry.DataDirectory, "user", "add", "alice", "--no-password"));
        Assert.Equal(1, (await FailAsync(registry.DataDirectory, "user", "disable", "nobody")).Code);
        Assert.Equal(2, (await FailAsync(registry.DataDirectory, "user", "frobnicate")).Code);
        Assert.Equal(2, (await FailAsync(registry.DataDirectory, "frobnicate")).Code);
        Assert.Equal(2, (await FailAsync(registry.DataDirectory, "user", "add")).Code);
        Assert.Equal(1, (await FailAsync(null, "whoami", $"--server=http://127.0.0.1:{Ports.Next()}")).Code);
    }

    [Fact]
    public async Task Help_is_there_for_every_command()
    {
        Assert.Contains("grant", await RunAsync(null, "", "--help"), StringComparison.Ordinal);
        foreach (var command in new[] { "user", "token", "session", "team", "namespace", "repository", "grant", "robot", "key", "audit", "metadata", "storage" })
        {
            Assert.Contains("Usage:", await RunAsync(null, "", command, "--help"), StringComparison.Ordinal);
        }
    }

    private static Task<string> RunAsync(string? directory, string input, params string[] arguments) =>
        RegistryCommandLine.RunAsync(directory, input, arguments);

    private static Task<(int Code, string Message)> FailAsync(string? directory, params string[] arguments) => RegistryCommandLine.FailAsync(directory, arguments);
}
