using System.CommandLine;
using System.Text.Json.Nodes;

namespace Registry.CommandLine;

/// <summary>What a command works with.</summary>
/// <param name="Api">The registry.</param>
/// <param name="Parse">The arguments and options.</param>
/// <param name="IsLocal">Whether nobody has to sign in.</param>
/// <param name="Cancellation">Fires on Ctrl-C.</param>
internal sealed record CommandRun(Api Api, ParseResult Parse, bool IsLocal, CancellationToken Cancellation)
{
    public string this[Argument<string> argument] => Parse.GetRequiredValue(argument);

    /// <summary>A part of a path.</summary>
    public string Part(Argument<string> argument) => Uri.EscapeDataString(this[argument]);

    public T? Get<T>(Option<T> option) => Parse.GetValue(option);

    /// <summary>Sends a request, and prints its answer: as a row, or the whole of it with --json.</summary>
    public async Task ShowAsync(HttpMethod method, string path, JsonObject? body, params string[] members)
    {
        var answer = await Api.SendAsync(method, path, body, Cancellation);
        if (Parse.GetValue(RegistryCommand.Json))
        {
            Output.Json(answer);
        }
        else if (members.Length > 0)
        {
            Output.Table([answer], members);
        }
    }

    /// <summary>Prints a list.</summary>
    public async Task ListAsync(string path, params string[] members) => Show(await Api.ListAsync(path, Cancellation), members);

    public void Show(JsonArray items, params string[] members)
    {
        if (Parse.GetValue(RegistryCommand.Json))
        {
            Output.Json(items);
        }
        else
        {
            Output.Table(items, members);
        }
    }

    /// <summary>Sends a request whose answer has a secret: it alone goes to standard output, where a script can take it.</summary>
    public async Task IssueAsync(string path, JsonObject body, string what)
    {
        var answer = await Api.SendAsync(HttpMethod.Post, path, body, Cancellation);
        if (Parse.GetValue(RegistryCommand.Json))
        {
            Output.Json(answer);
        }
        else
        {
            Console.Error.WriteLine($"{what}; it is shown this once:");
            Console.Out.WriteLine(answer!["secret"]!.GetValue<string>());
        }
    }
}

/// <summary>Makes commands whose work is done through the management API.</summary>
internal static class RegistryCommand
{
    public static readonly Option<string?> Server = new("--server")
    {
        Description = "The address of the registry; else REGISTRY_SERVER, else the one on the data directory",
        Recursive = true,
    };

    public static readonly Option<string?> Token = new("--token")
    {
        Description = "An access token; better in the variable REGISTRY_TOKEN, where others on the machine cannot read it",
        Recursive = true,
    };

    public static readonly Option<bool> Json = new("--json") { Description = "Print JSON", Recursive = true };

    public static readonly Option<bool> PasswordInput = new("--password-stdin") { Description = "Read passwords from standard input, one a line" };

    /// <summary>The settings of the registry among the arguments, as <c>serve</c> takes them.</summary>
    public static string[] Settings { get; set; } = [];

    public static Argument<string> Argument(string name, string description) => new(name) { Description = description };

    public static Command Group(string name, string description, params Command[] commands)
    {
        var group = new Command(name, description);
        foreach (var command in commands)
        {
            group.Subcommands.Add(command);
        }

        return group;
    }

    public static Command Make(string name, string description, Func<CommandRun, Task> work, params Symbol[] symbols)
    {
        var command = new Command(name, description);
        foreach (var symbol in symbols)
        {
            if (symbol is Argument argument)
            {
                command.Arguments.Add(argument);
            }
            else
            {
                command.Options.Add((Option)symbol);
            }
        }

        command.SetAction(async (parse, cancellationToken) =>
        {
            await using var connection = await ConnectAsync(parse, cancellationToken);
            await work(new CommandRun(connection.Api, parse, connection.IsLocal, cancellationToken));
            return 0;
        });
        return command;
    }

    private static async Task<Connection> ConnectAsync(ParseResult parse, CancellationToken cancellationToken) =>
        (parse.GetValue(Server) ?? Variable("REGISTRY_SERVER")) is { } server
            ? Connection.To(server, parse.GetValue(Token) ?? Variable("REGISTRY_TOKEN"))
            : await Connection.ToLocalAsync(Settings, cancellationToken);

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
