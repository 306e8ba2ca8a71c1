using System.Globalization;
using Registry.Configuration;
using Registry.Storage.Oci;

namespace Registry.Upstreams;

/// <summary>Reads the section <c>Upstreams</c>: one entry for each upstream, under its alias.</summary>
internal static class UpstreamSettings
{
    private const string Patterns = "patterns of names like library/*, separated by commas";

    public static IReadOnlyList<UpstreamOptions> Read(Settings settings)
    {
        var upstreams = settings.Entries("Upstreams").Select(entry => ReadEntry(settings, entry)).ToList();
        RefuseTwice(upstreams, "Names", upstream => upstream.Names);
        RefuseTwice(upstreams, "Hosts", upstream => upstream.Hosts);
        return upstreams;
    }

    private static UpstreamOptions ReadEntry(Settings settings, string entry)
    {
        var alias = Alias(entry);
        var address = Address(settings, $"{entry}:Address");
        var credentials = settings.Entries($"{entry}:Credentials").Select(credential => Credential(settings, credential)).ToList();
        var defaults = new UpstreamOptions { Alias = alias, Address = address };
        var options = defaults with
        {
            Names = [.. UpstreamOptions.NamesOf(alias, address).Concat(settings.List($"{entry}:Names")).Distinct(StringComparer.OrdinalIgnoreCase)],
            Hosts = settings.List($"{entry}:Hosts"),
            Credentials = credentials,
            Anonymous = settings.Flag($"{entry}:Anonymous", credentials.Count == 0),
            Allowed = Names(settings, $"{entry}:Allowed"),
            Denied = Names(settings, $"{entry}:Denied"),
            Freshness = [.. settings.List($"{entry}:Freshness").Select(text => Freshness($"{entry}:Freshness", text))],
            Prefetch = settings.Flag($"{entry}:Prefetch", defaults.Prefetch),
            Offline = settings.Flag($"{entry}:Offline", defaults.Offline),
            MaxSize = Optional(settings, $"{entry}:MaxSize", 1 << 20),
            Proxy = Proxy(settings, $"{entry}:Proxy"),
            CertificateAuthority = File(settings, $"{entry}:CertificateAuthority", "a file with certificates (PEM)"),
            Realms = settings.List($"{entry}:Realms"),
            Networks = settings.Networks($"{entry}:Networks"),
            Connections = (int)settings.Number($"{entry}:Connections", defaults.Connections, 1, 1000),
            Bandwidth = Optional(settings, $"{entry}:Bandwidth", 1 << 10),
        };
        settings.RefuseUnknown(entry);
        return options;
    }

    private static string Alias(string entry) =>
        entry[(entry.IndexOf(':', StringComparison.Ordinal) + 1)..] is var alias && RepositoryName.TryParse(alias, out _) && !alias.Contains('/') ? alias
        : throw Settings.Wrong(entry, alias, "as the name of an upstream one component of a repository name, like hub or docker.io");

    private static Uri Address(Settings settings, string key) => settings.Address(key) switch
    {
        null => throw Settings.Wrong(key, "", "the http or https address of a registry, like https://registry-1.docker.io"),
        { UserInfo.Length: > 0 } => throw new ConfigurationException($"{key} has a name or a password in it; they belong into Credentials"),
        { Host: "", Query: _ } or { Query.Length: > 0 } or { Fragment.Length: > 0 } => throw Settings.Wrong(key, settings.Text(key)!, "an http or https address without a query"),
        var address when UpstreamOptions.IsHub(address) => new Uri("https://registry-1.docker.io"), // its other names have no /v2/
        var address => address,
    };

    private static UpstreamCredential Credential(Settings settings, string entry)
    {
        var name = settings.Text($"{entry}:Username") ?? throw Settings.Wrong($"{entry}:Username", "", "a name to sign in with");
        var password = settings.Text($"{entry}:Password");
        var file = File(settings, $"{entry}:PasswordFile", "a file with the password");
        settings.RefuseUnknown(entry);
        return name.Contains(':', StringComparison.Ordinal) ? throw Settings.Wrong($"{entry}:Username", name, "a name without a colon")
            : password is null == file is null ? throw new ConfigurationException($"{entry} needs either Password or PasswordFile")
            : new UpstreamCredential(name, password, file);
    }

    private static string[] Names(Settings settings, string key) =>
        settings.List(key) is var patterns && Array.Find(patterns, pattern => pattern.Contains('\\', StringComparison.Ordinal)) is { } wrong
            ? throw Settings.Wrong(key, wrong, Patterns)
            : patterns;

    private static TagFreshness Freshness(string key, string text) =>
        text.Split('=', StringSplitOptions.TrimEntries) is [{ Length: > 0 } pattern, var time]
        && TimeSpan.TryParse(time, CultureInfo.InvariantCulture, out var duration) && duration >= TimeSpan.Zero && duration.TotalDays <= 3650
            ? new TagFreshness(pattern, duration)
            : throw Settings.Wrong(key, text, "tags and times like latest=00:01:00,v*=1.00:00:00, separated by commas");

    private static Uri? Proxy(Settings settings, string key) => settings.Address(key) is not { } proxy ? null
        : proxy is { Host.Length: > 0, PathAndQuery: "/" } ? proxy
        : throw new ConfigurationException($"{key} is wrong; allowed is the address of a proxy, like http://proxy.example.com:3128");

    private static string? File(Settings settings, string key, string allowed) => settings.Text(key) is not { } path ? null
        : System.IO.File.Exists(path) ? Path.GetFullPath(path)
        : throw Settings.Wrong(key, path, allowed);

    private static long? Optional(Settings settings, string key, long min) =>
        settings.Text(key) is null ? null : settings.Number(key, min, min, long.MaxValue);

    private static void RefuseTwice(List<UpstreamOptions> upstreams, string key, Func<UpstreamOptions, IEnumerable<string>> values)
    {
        var owners = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (alias, value) in upstreams.SelectMany(upstream => values(upstream).Select(value => (upstream.Alias, value))))
        {
            if (!owners.TryAdd(value, alias) && owners[value] != alias)
            {
                throw new ConfigurationException($"Upstreams:{alias}:{key} has \"{value}\", which already means {owners[value]}; two upstreams cannot share it");
            }
        }
    }
}
