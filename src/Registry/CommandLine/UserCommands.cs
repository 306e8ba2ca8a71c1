using System.CommandLine;
using System.Text.Json.Nodes;

namespace Registry.CommandLine;

/// <summary><c>registry user</c>: the people of a registry.</summary>
internal static class UserCommands
{
    private static readonly Argument<string> Name = RegistryCommand.Argument("name", "The name of the user");
    private static readonly Argument<string> File = RegistryCommand.Argument("file", "An htpasswd file with bcrypt entries; - for standard input");
    private static readonly Option<bool> Administrator = new("--administrator") { Description = "May do everything" };
    private static readonly Option<bool> NoPassword = new("--no-password") { Description = "Signs in by access tokens or certificates only" };

    public static Command Create() => RegistryCommand.Group(
        "user",
        "Users",
        RegistryCommand.Make("add", "Adds a user", AddAsync, Name, Administrator, RegistryCommand.PasswordInput, NoPassword),
        RegistryCommand.Make("list", "Lists the users", run => run.ListAsync("/users", "name", "administrator", "disabled", "createdAt")),
        RegistryCommand.Make("disable", "Disables a user until an administrator enables it", run => ChangeAsync(run, "disabled", true), Name),
        RegistryCommand.Make("enable", "Enables a user", run => ChangeAsync(run, "disabled", false), Name),
        RegistryCommand.Make("promote", "Makes a user an administrator", run => ChangeAsync(run, "administrator", true), Name),
        RegistryCommand.Make("demote", "Makes an administrator a user", run => ChangeAsync(run, "administrator", false), Name),
        RegistryCommand.Make("remove", "Removes a user", run => run.ShowAsync(HttpMethod.Delete, Path(run), null), Name),
        RegistryCommand.Make("password", "Gives a user a new password", PasswordAsync, Name, RegistryCommand.PasswordInput),
        RegistryCommand.Make("import", "Adds the users of an htpasswd file", ImportAsync, File));

    private static string Path(CommandRun run) => $"/users/{run.Part(Name)}";

    private static Task AddAsync(CommandRun run)
    {
        var body = new JsonObject { ["name"] = run[Name], ["administrator"] = run.Get(Administrator) };
        if (!run.Get(NoPassword))
        {
            body["password"] = SecretInput.Read($"Password of {run[Name]}", run.Get(RegistryCommand.PasswordInput), isNew: true);
        }

        return run.ShowAsync(HttpMethod.Post, "/users", body, "name", "administrator");
    }

    private static Task ChangeAsync(CommandRun run, string member, bool value) =>
        run.ShowAsync(HttpMethod.Patch, Path(run), new JsonObject { [member] = value }, "name", "administrator", "disabled");

    private static async Task PasswordAsync(CommandRun run)
    {
        var body = new JsonObject();
        var fromInput = run.Get(RegistryCommand.PasswordInput);
        var isOwn = !run.IsLocal
            && (await run.Api.SendAsync(HttpMethod.Get, "/whoami", null, run.Cancellation))!["name"]!.GetValue<string>() == run[Name];
        if (isOwn)
        {
            body["current"] = SecretInput.Read("Current password", fromInput, isNew: false);
        }

        body["password"] = SecretInput.Read($"New password of {run[Name]}", fromInput, isNew: true);
        await run.ShowAsync(HttpMethod.Put, Path(run) + "/password", body);
    }

    private static async Task ImportAsync(CommandRun run)
    {
        string text;
        try
        {
            text = run[File] == "-" ? await Console.In.ReadToEndAsync(run.Cancellation) : await System.IO.File.ReadAllTextAsync(run[File], run.Cancellation);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{run[File]} cannot be read: {e.Message}");
        }

        var report = await run.Api.SendAsync(HttpMethod.Post, "/users/import", new JsonObject { ["htpasswd"] = text }, run.Cancellation);
        run.Show(report!["lines"]!.AsArray(), "line", "user", "imported", "reason");
    }
}
