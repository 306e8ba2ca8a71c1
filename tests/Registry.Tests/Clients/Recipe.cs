using System.Text.RegularExpressions;

namespace Registry.Tests.Clients;

/// <summary>
/// The commands of docs/authentication.md, run as they stand there, but for the address and the folder in them. Where a person
/// would be asked for a password, it is written to the standard input.
/// </summary>
internal sealed partial class Recipe : IDisposable
{
    private const string Document = "docs/authentication.md";

    // kubectl writes what it would send to the cluster.
    private const string People = """
        password() { echo "seven kettles under $(rev <<< "$1") moonlight"; }
        registry() {
            case "$1 $2" in
                "setup "*) { cat setup.token; password "$2"; } | dotnet "$PROGRAM" "$@" --password-stdin ;;
                "user add") password "$3" | dotnet "$PROGRAM" "$@" --password-stdin ;;
                *) dotnet "$PROGRAM" "$@" ;;
            esac
        }
        docker() {
            case "$*" in
                *--password-stdin*) /usr/bin/docker "$@" ;;
                login*) password "$4" | /usr/bin/docker "$@" --password-stdin ;;
                *) /usr/bin/docker "$@" ;;
            esac
        }
        kubectl() {
            local option server username secret
            for option; do
                case $option in
                    --docker-server=*) server=${option#*=} ;;
                    --docker-username=*) username=${option#*=} ;;
                    --docker-password=*) secret=${option#*=} ;;
                esac
            done
            [ "$1" != create ] || printf '{"auths":{"%s":{"username":"%s","password":"%s","auth":"%s"}}}' \
                "$server" "$username" "$secret" "$(printf '%s:%s' "$username" "$secret" | base64 -w0)" > dockerconfig.json
        }
        """;

    private readonly TemporaryDirectory _directory = new();
    private readonly Dictionary<string, string?> _environment;
    private readonly Uri _address;
    private readonly string _dataDirectory;

    public Recipe(Uri address, string dataDirectory, DockerDaemon docker)
    {
        (_address, _dataDirectory) = (address, dataDirectory);
        _environment = new()
        {
            ["PROGRAM"] = Path.Combine(AppContext.BaseDirectory, "registry.dll"),
            ["DataDirectory"] = dataDirectory,
            ["DOCKER_HOST"] = docker.Socket,
            ["DOCKER_CONFIG"] = _directory.File("docker"),
        };
    }

    public string File(string name) => _directory.File(name);

    /// <summary>Runs the blocks of a section, one after the other, but those that start a registry.</summary>
    public async Task RunAsync(string section)
    {
        var blocks = Blocks(section).Where(block => !IsStart(block)).ToList();
        Assert.NotEmpty(blocks);
        foreach (var block in blocks)
        {
            var here = block
                .Replace("https://registry.example.com", _address.GetLeftPart(UriPartial.Authority), StringComparison.Ordinal)
                .Replace("registry.example.com", _address.Authority, StringComparison.Ordinal)
                .Replace("/var/lib/registry", _dataDirectory, StringComparison.Ordinal);
            await ChildProcess.RunAsync(
                "bash", ["-euo", "pipefail", "-c", $"{People}\n{here}"], _environment, _directory.Path, TimeSpan.FromMinutes(2));
        }
    }

    /// <summary>The settings in those blocks of a section that start a registry, in their order.</summary>
    public static List<(string Key, string Value)[]> Starts(string section) =>
        [.. Blocks(section).Where(IsStart).Select(block => Setting.Matches(block).Select(match => (match.Groups[1].Value, match.Groups[2].Value)).ToArray())];

    public void Dispose() => _directory.Dispose();

    private static bool IsStart(string block) => block.StartsWith("registry --", StringComparison.Ordinal);

    private static IEnumerable<string> Blocks(string section)
    {
        var text = System.IO.File.ReadAllText(Path.Combine(SourceTree.Root, Document));
        var start = text.IndexOf($"\n## {section}\n", StringComparison.Ordinal);
        Assert.True(start >= 0, $"{Document} has no section {section}");
        var end = text.IndexOf("\n## ", start + 1, StringComparison.Ordinal);
        return Block.Matches(end < 0 ? text[start..] : text[start..end]).Select(match => match.Groups[1].Value);
    }

    [GeneratedRegex("```sh\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block { get; }

    [GeneratedRegex(@"--([A-Za-z0-9:]+) (\S+)")]
    private static partial Regex Setting { get; }
}
