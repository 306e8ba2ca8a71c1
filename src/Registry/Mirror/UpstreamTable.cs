using Registry.Storage.Oci;
using Registry.Upstreams;

namespace Registry.Mirror;

/// <summary>The upstreams, by everything that a request can mean one with. What is not in here is never asked for anything.</summary>
internal sealed class UpstreamTable : IDisposable
{
    private readonly Dictionary<string, Upstream> aliases = [];
    private readonly Dictionary<string, Upstream> names = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, Upstream> hosts = new(StringComparer.OrdinalIgnoreCase);

    public UpstreamTable(IReadOnlyList<UpstreamOptions> upstreams, TimeProvider time, ILoggerFactory logs)
    {
        foreach (var options in upstreams)
        {
            var upstream = new Upstream(options, new UpstreamClient(options, time, logs.CreateLogger<UpstreamClient>()));
            aliases.Add(options.Alias, upstream);
            foreach (var name in options.Names)
            {
                names.TryAdd(name, upstream);
            }

            foreach (var host in options.Hosts)
            {
                hosts.Add(host, upstream);
            }
        }
    }

    /// <summary>All of them.</summary>
    public IReadOnlyCollection<Upstream> All => aliases.Values;

    /// <summary>The upstream that owns a namespace, or null.</summary>
    public Upstream? OfNamespace(string alias) => aliases.GetValueOrDefault(alias);

    /// <summary>The upstream that the <c>ns</c> of a request means, or null (distribution-spec, "Registry proxying").</summary>
    public Upstream? OfName(string ns) => names.GetValueOrDefault(ns);

    /// <summary>The upstream that a host is the mirror of, with its port or without; null for others.</summary>
    public Upstream? OfHost(HostString host) => hosts.Count == 0 || !host.HasValue ? null
        : hosts.GetValueOrDefault(host.Value) ?? hosts.GetValueOrDefault(host.Host);

    /// <summary>The upstream's repository that a name means; null for one of our own.</summary>
    /// <param name="name">The name as it was asked for.</param>
    /// <param name="door">The upstream whose door the request came through; null for none.</param>
    public Mirrored? Find(RepositoryName name, Upstream? door) =>
        aliases.Count == 0 ? null : (OfNamespace(name.Namespace) ?? door)?.Find(name); // not even the namespace is cut out of the name where there are none

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var upstream in aliases.Values)
        {
            upstream.Dispose();
        }
    }
}
