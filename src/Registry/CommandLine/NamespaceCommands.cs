using System.CommandLine;
using System.Text.Json.Nodes;

namespace Registry.CommandLine;

/// <summary><c>registry namespace</c>, <c>registry repository</c> and <c>registry robot</c>.</summary>
internal static class NamespaceCommands
{
    private static readonly Argument<string> Name = RegistryCommand.Argument("name", "The name");
    private static readonly Argument<string> Visibility = RegistryCommand.Argument("visibility", "public or private; of a repository also inherit");
    private static readonly Argument<string> Space = RegistryCommand.Argument("namespace", "The namespace");
    private static readonly Argument<string> Robot = RegistryCommand.Argument("robot", "The robot as it signs in: namespace+name");
    private static readonly Option<bool> Public = new("--public") { Description = "Everyone may pull" };
    private static readonly Option<long?> Days = new("--days") { Description = "After how many days each of its secrets expires; else never" };
    private static readonly Option<long> Grace = new("--grace") { Description = "For how many seconds the old secret still holds" };

    public static Command Create() => RegistryCommand.Group(
        "namespace",
        "Namespaces",
        RegistryCommand.Make(
            "create",
            "Adds a namespace",
            run => run.ShowAsync(
                HttpMethod.Post,
                "/namespaces",
                new JsonObject { ["name"] = run[Name], ["visibility"] = run.Get(Public) ? "public" : "private" },
                "name",
                "visibility"),
            Name,
            Public),
        RegistryCommand.Make("list", "Lists the namespaces", run => run.ListAsync("/namespaces", "name", "visibility", "createdAt")),
        RegistryCommand.Make("visibility", "Makes a namespace public or private", run => ChangeAsync(run, "/namespaces/"), Name, Visibility),
        RegistryCommand.Make(
            "remove",
            "Removes a namespace without repositories, with its robots and the grants on its names",
            run => run.ShowAsync(HttpMethod.Delete, $"/namespaces/{run.Part(Name)}", null),
            Name));

    public static Command CreateRepository() => RegistryCommand.Group(
        "repository",
        "Repositories",
        RegistryCommand.Make("list", "Lists the repositories", run => run.ListAsync("/repositories", "name", "visibility", "inherited", "createdAt")),
        RegistryCommand.Make("visibility", "Makes a repository public, private or as its namespace", run => ChangeAsync(run, "/repositories/"), Name, Visibility),
        RegistryCommand.Make(
            "remove", "Deletes a repository with all that is in it", run => run.ShowAsync(HttpMethod.Delete, $"/repositories/{run[Name]}", null), Name));

    public static Command CreateRobot() => RegistryCommand.Group(
        "robot",
        "Robots",
        RegistryCommand.Make("add", "Adds a robot", AddAsync, Robot, Days),
        RegistryCommand.Make("list", "Lists the robots of a namespace", run => run.ListAsync($"/namespaces/{run.Part(Space)}/robots", "signInName", "disabled", "createdAt"), Space),
        RegistryCommand.Make("rotate", "Gives a robot a new secret", RotateAsync, Robot, Grace),
        RegistryCommand.Make("disable", "Disables a robot until an administrator enables it", run => DisableAsync(run, true), Robot),
        RegistryCommand.Make("enable", "Enables a robot", run => DisableAsync(run, false), Robot),
        RegistryCommand.Make("remove", "Removes a robot", run => run.ShowAsync(HttpMethod.Delete, Path(run), null), Robot));

    private static Task ChangeAsync(CommandRun run, string path) => run.ShowAsync(
        HttpMethod.Patch, path + run[Name], new JsonObject { ["visibility"] = run[Visibility] }, "name", "visibility");

    private static Task AddAsync(CommandRun run)
    {
        var (space, name) = Split(run);
        var body = new JsonObject { ["name"] = name };
        if (run.Get(Days) is { } days)
        {
            body["expiresInSeconds"] = days * 24 * 60 * 60;
        }

        return run.IssueAsync($"/namespaces/{Uri.EscapeDataString(space)}/robots", body, $"Secret of {run[Robot]}");
    }

    private static Task RotateAsync(CommandRun run) =>
        run.IssueAsync(Path(run) + "/rotate", new JsonObject { ["graceSeconds"] = run.Get(Grace) }, $"New secret of {run[Robot]}");

    private static Task DisableAsync(CommandRun run, bool disabled) =>
        run.ShowAsync(HttpMethod.Patch, Path(run), new JsonObject { ["disabled"] = disabled }, "signInName", "disabled");

    private static string Path(CommandRun run)
    {
        var (space, name) = Split(run);
        return $"/namespaces/{Uri.EscapeDataString(space)}/robots/{Uri.EscapeDataString(name)}";
    }

    private static (string Space, string Name) Split(CommandRun run) => run[Robot].Split('+') is [var space, var name]
        ? (space, name)
        : throw new CommandException("a robot is written as namespace+name");
}
