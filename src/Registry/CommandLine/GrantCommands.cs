using System.CommandLine;
using System.Text.Json.Nodes;
using Registry.Auth.Permissions;

namespace Registry.CommandLine;

/// <summary><c>registry team</c> and <c>registry grant</c>: who may do what.</summary>
internal static class GrantCommands
{
    private static readonly Argument<string> Team = RegistryCommand.Argument("team", "The name of the team");
    private static readonly Argument<string> User = RegistryCommand.Argument("user", "The name of the user");
    private static readonly Argument<string> To = RegistryCommand.Argument("to", "A user, a robot (namespace+name), or with --team a team");
    private static readonly Argument<string> Role = RegistryCommand.Argument("role", "reader, writer, maintainer or owner");
    private static readonly Argument<string> Names = RegistryCommand.Argument("names", "team/* a namespace, team/app a repository, team/app-* a prefix, * everything");
    private static readonly Argument<string> Id = RegistryCommand.Argument("id", "The number of the grant");
    private static readonly Option<bool> ToTeam = new("--team") { Description = "The grant is for a team" };
    private static readonly Option<string?> Space = new("--namespace") { Description = "The namespace, for those who are no administrators" };
    private static readonly Option<bool?> Overwrite = new("--overwrite") { Description = "Whether tags may be moved; else as the role says" };
    private static readonly Option<bool?> Removal = new("--removal") { Description = "Whether tags may be deleted; else as the role says" };

    public static Command CreateTeam() => RegistryCommand.Group(
        "team",
        "Teams",
        RegistryCommand.Make("add", "Adds a team", run => run.ShowAsync(HttpMethod.Post, "/teams", new JsonObject { ["name"] = run[Team] }, "name"), Team),
        RegistryCommand.Make("list", "Lists the teams", run => run.ListAsync("/teams", "name", "createdAt")),
        RegistryCommand.Make("remove", "Removes a team", run => run.ShowAsync(HttpMethod.Delete, $"/teams/{run.Part(Team)}", null), Team),
        RegistryCommand.Group(
            "member",
            "The members of a team",
            RegistryCommand.Make("add", "Makes a user a member", run => run.ShowAsync(HttpMethod.Put, MemberPath(run), null), Team, User),
            RegistryCommand.Make("remove", "Ends a membership", run => run.ShowAsync(HttpMethod.Delete, MemberPath(run), null), Team, User),
            RegistryCommand.Make("list", "Lists the members", run => run.ListAsync($"/teams/{run.Part(Team)}/members", "user"), Team)));

    public static Command Create() => RegistryCommand.Group(
        "grant",
        "Roles on repositories",
        RegistryCommand.Make("add", "Gives a role", AddAsync, To, Role, Names, ToTeam, Overwrite, Removal),
        RegistryCommand.Make(
            "list", "Lists the grants", run => run.ListAsync(Path(run.Get(Space)), "id", "user", "team", "robot", "role", "names", "overwrite", "removal"), Space),
        RegistryCommand.Make("remove", "Takes a role away", run => run.ShowAsync(HttpMethod.Delete, $"{Path(run.Get(Space))}/{run.Part(Id)}", null), Id, Space));

    private static string MemberPath(CommandRun run) => $"/teams/{run.Part(Team)}/members/{run.Part(User)}";

    private static string Path(string? space) => space is null ? "/grants" : $"/namespaces/{Uri.EscapeDataString(space)}/grants";

    private static Task AddAsync(CommandRun run)
    {
        var kind = run.Get(ToTeam) ? "team" : run[To].Contains('+', StringComparison.Ordinal) ? "robot" : "user";
        var body = new JsonObject { [kind] = run[To], ["role"] = run[Role], ["names"] = run[Names] };
        if (run.Get(Overwrite) is { } overwrite)
        {
            body["overwrite"] = overwrite;
        }

        if (run.Get(Removal) is { } removal)
        {
            body["removal"] = removal;
        }

        // Owners give roles through their namespace.
        var space = NamePattern.TryParse(run[Names], out var names) ? names.Within : null;
        return run.ShowAsync(HttpMethod.Post, Path(space), body, "id", "names", "role");
    }
}
