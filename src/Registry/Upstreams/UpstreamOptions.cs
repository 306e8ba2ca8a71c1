using System.IO.Enumeration;
using System.Net;
using Registry.Configuration;

namespace Registry.Upstreams;

/// <summary>One upstream registry as it is configured in <c>Upstreams:alias:…</c>.</summary>
internal sealed record UpstreamOptions
{
    private static readonly string[] HubHosts = ["registry-1.docker.io", "index.docker.io", "docker.io"];

    /// <summary>The namespace it owns: one component of a repository name.</summary>
    public required string Alias { get; init; }

    /// <summary>Where it is, as in <c>https://registry-1.docker.io</c>. Its <c>/v2/</c> lies below.</summary>
    public required Uri Address { get; init; }

    /// <summary>The values of <c>?ns=</c> that mean it.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>The host names under which the registry shows it as its only content, with or without a port.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>Who the registry signs in as; nobody when it is empty.</summary>
    public IReadOnlyList<UpstreamCredential> Credentials { get; init; } = [];

    /// <summary>Whether everyone may pull what it has.</summary>
    public bool Anonymous { get; init; } = true;

    /// <summary>Patterns of the names that may be asked for; all when it is empty.</summary>
    public IReadOnlyList<string> Allowed { get; init; } = [];

    /// <summary>Patterns of the names that may not, even if they are allowed.</summary>
    public IReadOnlyList<string> Denied { get; init; } = [];

    /// <summary>How long tags are taken to point where they did; the first pattern that fits counts.</summary>
    public IReadOnlyList<TagFreshness> Freshness { get; init; } = [];

    /// <summary>Whether the layers of an image are fetched as soon as its manifest is asked for.</summary>
    public bool Prefetch { get; init; }

    /// <summary>Whether nothing is asked upstream.</summary>
    public bool Offline { get; init; }

    /// <summary>The most bytes that are kept of it; null: no limit.</summary>
    public long? MaxSize { get; init; }

    /// <summary>The proxy on the way to it.</summary>
    public Uri? Proxy { get; init; }

    /// <summary>A PEM file of authorities that are trusted besides the system's.</summary>
    public string? CertificateAuthority { get; init; }

    /// <summary>Further hosts, with or without a port, that are given the credentials when a challenge names them.</summary>
    public IReadOnlyList<string> Realms { get; init; } = [];

    /// <summary>Networks of otherwise refused addresses that challenges and redirects may lead to.</summary>
    public IReadOnlyList<IPNetwork> Networks { get; init; } = [];

    /// <summary>How many requests are under way at a time.</summary>
    public int Connections { get; init; } = 16;

    /// <summary>How many bytes a second all bodies together may take; null: no limit.</summary>
    public long? Bandwidth { get; init; }

    /// <summary>How long a connection may take.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the headers of a response may take.</summary>
    public TimeSpan HeadersTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a body may stand still. There is no limit for all of it: layers are large.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>What the paths of all requests begin with.</summary>
    public Uri Root => new($"{Address.GetLeftPart(UriPartial.Path).TrimEnd('/')}/v2/");

    /// <summary>Whether it is Docker Hub, or stands for it: a name of one component gets <c>library/</c> in front.</summary>
    public bool IsDockerHub => IsHub(Address) || Names.Contains("docker.io", StringComparer.OrdinalIgnoreCase);

    /// <summary>Reads and checks the section <c>Upstreams</c>.</summary>
    /// <exception cref="ConfigurationException">A setting is wrong.</exception>
    public static IReadOnlyList<UpstreamOptions> Read(Settings settings) => UpstreamSettings.Read(settings);

    /// <summary>Whether a name of the upstream may be asked for.</summary>
    public bool Allows(string repository) =>
        (Allowed.Count == 0 || Allowed.Any(pattern => Fits(pattern, repository))) && !Denied.Any(pattern => Fits(pattern, repository));

    /// <summary>How long a tag is taken to point where it did.</summary>
    public TimeSpan FreshnessOf(string tag) => Freshness.FirstOrDefault(freshness => Fits(freshness.Pattern, tag))?.Time ?? TagFreshness.Default;

    internal static bool IsHub(Uri address) => HubHosts.Contains(address.Host);

    internal static IEnumerable<string> NamesOf(string alias, Uri address) =>
        [alias, address.Authority, .. IsHub(address) ? HubHosts : []];

    private static bool Fits(string pattern, string text) => FileSystemName.MatchesSimpleExpression(pattern, text, ignoreCase: false);
}
