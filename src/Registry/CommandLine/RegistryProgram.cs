using System.CommandLine;
using System.CommandLine.Invocation;
using Registry.Configuration;

namespace Registry.CommandLine;

/// <summary>
/// The one executable: a server, which is the default, and the commands that manage one. Exit codes: 0 done, 1 refused or failed,
/// 2 not understood.
/// </summary>
internal static class RegistryProgram
{
    private const string Serve = "serve";

    public static async Task<int> RunAsync(string[] args)
    {
        if (args.Length > 0 && args[0] == Serve)
        {
            return await RegistryApplication.RunAsync(args[1..]);
        }

        var root = Create();
        return IsCommand(args, root) ? await RunCommandAsync(root, args) : await RegistryApplication.RunAsync(args);
    }

    private static RootCommand Create() => new("A registry for container images and other OCI artifacts. Without a command it serves.")
    {
        new Command(Serve, "Runs the registry; settings follow as --Key=value, see docs/configuration.md"),
        UserCommands.Create(),
        CredentialCommands.CreateToken(),
        CredentialCommands.CreateSession(),
        GrantCommands.CreateTeam(),
        NamespaceCommands.Create(),
        NamespaceCommands.CreateRepository(),
        NamespaceCommands.CreateRobot(),
        GrantCommands.Create(),
        OtherCommands.CreateKey(),
        OtherCommands.CreateAudit(),
        OtherCommands.CreateWhoami(),
        OtherCommands.CreateSetup(),
        MetadataCommands.Create(),
        StorageCommands.Create(),
        MirrorCommands.Create(),
        RegistryCommand.Server,
        RegistryCommand.Token,
        RegistryCommand.Json,
    };

    // "registry --urls=…" and "registry urls=…" serve; a word that is no setting is a command, or a slip of the pen.
    private static bool IsCommand(string[] args, RootCommand root) => args.Length > 0
        && (args[0].StartsWith('-') || args[0].StartsWith('/')
            ? args[0] is "--help" or "-h" or "-?" or "--version" || root.Options.Any(option => args[0].Split('=')[0] == option.Name)
            : !args[0].Contains('=', StringComparison.Ordinal));

    private static async Task<int> RunCommandAsync(RootCommand root, string[] args)
    {
        // Settings begin with a capital letter, options of commands do not.
        RegistryCommand.Settings = args.Where(IsSetting).ToArray();
        var parse = root.Parse(args.Where(arg => !IsSetting(arg)).ToArray());
        try
        {
            var code = await parse.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
            return parse.Action is ParseErrorAction ? 2 : code;
        }
        catch (Exception e) when (e is CommandException or ConfigurationException)
        {
            await Console.Error.WriteLineAsync($"registry: {e.Message}");
            return 1;
        }
    }

    private static bool IsSetting(string arg) =>
        arg.Length > 2 && arg.StartsWith("--", StringComparison.Ordinal) && char.IsAsciiLetterUpper(arg[2]) && arg.Contains('=', StringComparison.Ordinal);
}
