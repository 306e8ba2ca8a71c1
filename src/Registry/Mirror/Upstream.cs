using Registry.Storage.Oci;
using Registry.Upstreams;

namespace Registry.Mirror;

/// <summary>A registry whose repositories can be pulled from here.</summary>
internal sealed class Upstream(UpstreamOptions options, UpstreamClient client) : IDisposable
{
    /// <summary>What it was configured with.</summary>
    public UpstreamOptions Options => options;

    /// <summary>What asks it.</summary>
    public UpstreamClient Client => client;

    /// <summary>What this process has asked it for.</summary>
    public UpstreamUse Use { get; } = new();

    /// <summary>The repository that a name means, whether it has the alias in front or not.</summary>
    /// <exception cref="OciException">NAME_UNKNOWN or NAME_INVALID: the upstream can have no such repository.</exception>
    public Mirrored Find(RepositoryName name)
    {
        var remote = name.Namespace == options.Alias ? name.Value[Math.Min(name.Value.Length, options.Alias.Length + 1)..] : name.Value;
        if (remote.Length == 0)
        {
            throw new OciException(OciError.NameUnknown, $"{options.Alias} mirrors {options.Address.Host}: the name of a repository there follows after it", [name.Value]);
        }

        // Clients do it before they ask a mirror; people do not.
        remote = options.IsDockerHub && !remote.Contains('/', StringComparison.Ordinal) ? $"library/{remote}" : remote;
        return RepositoryName.TryParse($"{options.Alias}/{remote}", out var local)
            ? new Mirrored(this, local, remote)
            : throw new OciException(OciError.NameInvalid, $"with {options.Alias}/ before it the name has more than {RepositoryName.MaxLength} characters", [name.Value]);
    }

    /// <inheritdoc/>
    public void Dispose() => client.Dispose();
}
