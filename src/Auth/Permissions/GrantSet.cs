using Registry.Storage.Repositories;

namespace Registry.Auth.Permissions;

/// <summary>Grants, compiled to what requests ask: which rights on this name, and where may be pulled.</summary>
public sealed class GrantSet
{
    /// <summary>Everything everywhere.</summary>
    public static readonly GrantSet Everything = new([(NamePattern.Prefix(string.Empty), Right.All)]);

    /// <summary>Nothing.</summary>
    public static readonly GrantSet Nothing = new(Array.Empty<Grant>());

    private readonly (NameRange Range, Right Rights)[] entries;

    /// <summary>Compiles grants.</summary>
    public GrantSet(IEnumerable<Grant> grants)
        : this(grants.Select(grant => (grant.Names, grant.Rights)))
    {
    }

    /// <summary>Compiles rights on patterns, as the limits of an access token are.</summary>
    public GrantSet(IEnumerable<(NamePattern Names, Right Rights)> rights)
    {
        entries = rights.SelectMany(entry => entry.Names.Ranges.Select(range => (range, entry.Rights))).ToArray();
        Readable = NameRange.Union(entries.Where(entry => entry.Rights.HasFlag(Right.Pull)).Select(entry => entry.Range));
    }

    /// <summary>Where everything may be pulled.</summary>
    public IReadOnlyList<NameRange> Readable { get; }

    /// <summary>The rights on a name: those of all grants that mean it.</summary>
    public Right On(string name)
    {
        var rights = Right.None;
        foreach (var (range, allowed) in entries)
        {
            if ((allowed & ~rights) != 0 && range.Contains(name))
            {
                rights |= allowed;
            }
        }

        return rights;
    }

    /// <summary>The rights that hold on every name a pattern means.</summary>
    public Right OnAll(NamePattern pattern)
    {
        var rights = Right.All;
        foreach (var inner in pattern.Ranges)
        {
            var here = Right.None;
            foreach (var (range, allowed) in entries)
            {
                here |= range.Contains(inner) ? allowed : Right.None;
            }

            rights &= here;
        }

        return rights;
    }
}
