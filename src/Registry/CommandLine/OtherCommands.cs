using System.CommandLine;
using System.Text.Json.Nodes;

namespace Registry.CommandLine;

/// <summary><c>registry key</c>, <c>audit</c>, <c>whoami</c> and <c>setup</c>.</summary>
internal static class OtherCommands
{
    private static readonly Argument<string> Name = RegistryCommand.Argument("name", "The name of the first administrator");
    private static readonly Option<string?> Actor = new("--actor") { Description = "Only what this one did" };
    private static readonly Option<string?> Action = new("--action") { Description = "Only this action, as in user.create" };
    private static readonly Option<int> Count = new("--count") { Description = "How many, at most 1000", DefaultValueFactory = _ => 50 };

    public static Command CreateKey() => RegistryCommand.Group(
        "key",
        "The keys that tokens are signed with",
        RegistryCommand.Make("list", "Lists the keys", run => run.ListAsync("/keys", "kid", "algorithm", "current", "createdAt", "activeAt")),
        RegistryCommand.Make("rotate", "Makes a new key, which takes over soon", run => run.ShowAsync(HttpMethod.Post, "/keys/rotate", null, "kid", "activeAt")));

    public static Command CreateAudit() => RegistryCommand.Group(
        "audit", "Who did what", RegistryCommand.Make("list", "Lists the newest records", AuditAsync, Actor, Action, Count));

    public static Command CreateWhoami() => RegistryCommand.Make(
        "whoami", "Shows who one is", run => run.ShowAsync(HttpMethod.Get, "/whoami", null, "name", "kind", "administrator", "roles"));

    public static Command CreateSetup() => RegistryCommand.Make(
        "setup", "Makes the first administrator of a registry on another machine, with the token that it has printed", SetupAsync, Name, RegistryCommand.PasswordInput);

    private static async Task AuditAsync(CommandRun run)
    {
        var count = Math.Clamp(run.Get(Count), 1, 1000);
        var query = string.Concat(
            from filter in new[] { ("actor", run.Get(Actor)), ("action", run.Get(Action)) }
            where filter.Item2 is not null
            select $"&{filter.Item1}={Uri.EscapeDataString(filter.Item2!)}");
        run.Show(
            await run.Api.ListAsync($"/audit?{query.TrimStart('&')}", run.Cancellation, count), "at", "actor", "address", "action", "target", "result");
    }

    private static Task SetupAsync(CommandRun run)
    {
        var fromInput = run.Get(RegistryCommand.PasswordInput);
        var body = new JsonObject
        {
            ["name"] = run[Name],
            ["token"] = SecretInput.Read("Set-up token", fromInput, isNew: false),
            ["password"] = SecretInput.Read($"Password of {run[Name]}", fromInput, isNew: true),
        };
        return run.ShowAsync(HttpMethod.Post, "/setup", body, "name", "administrator");
    }
}
