using System.CommandLine;

namespace Registry.CommandLine;

/// <summary><c>registry mirror</c>: what clients have to be told to pull through this registry.</summary>
internal static class MirrorCommands
{
    private static readonly Argument<string> Client = new("client") { Description = $"One of {string.Join(", ", MirrorSnippets.Clients)}" };
    private static readonly Option<Uri> Url = new("--url")
    {
        Description = "Where clients reach the registry",
        DefaultValueFactory = _ => new Uri("http://localhost:5000"),
        CustomParser = result => Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" ? url : Refuse(result),
    };

    private static readonly Option<string[]> Upstream = new("--upstream")
    {
        Description = "An upstream's alias; those of the configuration, or docker.io, when it is left out",
        DefaultValueFactory = _ => [],
        AllowMultipleArgumentsPerToken = true,
    };

    public static Command Create()
    {
        Client.AcceptOnlyFromAmong(MirrorSnippets.Clients);
        var snippet = new Command("snippet", "Prints the settings with which a client pulls through this registry") { Client, Url, Upstream };
        snippet.SetAction(parse => Console.Out.Write(
            MirrorSnippets.Write(parse.GetRequiredValue(Client), parse.GetRequiredValue(Url), Upstreams(parse.GetValue(Upstream) ?? []))));
        return RegistryCommand.Group("mirror", "Pulling from other registries through this one", snippet);
    }

    private static Uri Refuse(System.CommandLine.Parsing.ArgumentResult result)
    {
        result.AddError($"--url is \"{result.Tokens[0].Value}\"; allowed is an http or https address");
        return new Uri("http://localhost");
    }

    private static IReadOnlyList<SnippetUpstream> Upstreams(string[] named)
    {
        var configured = RegistryApplication.UpstreamsOf(RegistryCommand.Settings);
        return named.Length > 0 ? [.. named.Select(alias => SnippetUpstream.Of(alias, configured.FirstOrDefault(upstream => upstream.Alias == alias)))]
            : configured.Count > 0 ? [.. configured.Select(upstream => SnippetUpstream.Of(upstream.Alias, upstream))]
            : [SnippetUpstream.Of("docker.io", null)];
    }
}
