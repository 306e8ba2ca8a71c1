using System.CommandLine;
using System.Text.Json.Nodes;

namespace Registry.CommandLine;

/// <summary><c>registry token</c> and <c>registry session</c>: what users have signed in with.</summary>
internal static class CredentialCommands
{
    private static readonly Argument<string> User = RegistryCommand.Argument("user", "The name of the user");
    private static readonly Argument<string> Id = RegistryCommand.Argument("id", "The number of the token or session");
    private static readonly Option<string> Name = new("--name") { Description = "What the token is for", DefaultValueFactory = _ => "command line" };
    private static readonly Option<long?> Days = new("--days") { Description = "After how many days it expires; else never" };

    private static readonly Option<string[]> Limit = new("--limit")
    {
        Description = "Restricts the token: names=actions, as in team/*=pull,push; may be repeated",
        DefaultValueFactory = _ => [],
    };

    public static Command CreateToken() => RegistryCommand.Group(
        "token",
        "Access tokens",
        RegistryCommand.Make("create", "Makes an access token", CreateAsync, User, Name, Days, Limit),
        RegistryCommand.Make("list", "Lists the access tokens of a user", run => run.ListAsync(Path(run, "tokens"), "id", "name", "limits", "expiresAt", "lastUsedAt"), User),
        RegistryCommand.Make("revoke", "Revokes an access token", run => run.ShowAsync(HttpMethod.Delete, $"{Path(run, "tokens")}/{run.Part(Id)}", null), User, Id));

    public static Command CreateSession() => RegistryCommand.Group(
        "session",
        "Clients that have signed in with a password",
        RegistryCommand.Make("list", "Lists the sessions of a user", run => run.ListAsync(Path(run, "sessions"), "id", "client", "createdAt", "expiresAt"), User),
        RegistryCommand.Make("end", "Ends a session", run => run.ShowAsync(HttpMethod.Delete, $"{Path(run, "sessions")}/{run.Part(Id)}", null), User, Id));

    private static string Path(CommandRun run, string kind) => $"/users/{run.Part(User)}/{kind}";

    private static Task CreateAsync(CommandRun run)
    {
        var body = new JsonObject { ["name"] = run.Get(Name) };
        if (run.Get(Days) is { } days)
        {
            body["expiresInSeconds"] = days * 24 * 60 * 60;
        }

        var limits = run.Get(Limit)!.Select(LimitOf).ToArray<JsonNode?>();
        if (limits.Length > 0)
        {
            body["limits"] = new JsonArray(limits);
        }

        return run.IssueAsync(Path(run, "tokens"), body, $"Access token of {run[User]}");
    }

    private static JsonObject LimitOf(string text)
    {
        var parts = text.Split('=', 2);
        return new JsonObject
        {
            ["names"] = parts[0],
            ["actions"] = new JsonArray([.. (parts.Length > 1 ? parts[1] : "pull").Split(',').Select(action => (JsonNode)action)]),
        };
    }
}
