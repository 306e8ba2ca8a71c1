using Registry.Auth.Permissions;
using Registry.Storage.Repositories;

namespace Registry.Auth;

/// <summary>How somebody is known.</summary>
public enum PrincipalKind
{
    /// <summary>Not at all.</summary>
    Anonymous,

    /// <summary>As a user of this registry.</summary>
    User,

    /// <summary>As a robot of this registry.</summary>
    Robot,

    /// <summary>By a token server that is trusted; its tokens say what they allow.</summary>
    External,

    /// <summary>As whoever may open the socket in the data directory.</summary>
    Local,
}

/// <summary>Who asks, whatever the way of signing in: nothing behind this can tell a password from a token (S27).</summary>
/// <param name="Kind">How it is known.</param>
/// <param name="Name">The name for people and records; empty for nobody.</param>
/// <param name="Subject">The row of the user or robot; a negative number that stands for whom another server has named; 0 for others.</param>
/// <param name="Credential">The row of what was shown; 0 for others.</param>
/// <param name="Epoch">The state of the subject that <paramref name="Grants"/> is about.</param>
/// <param name="IsAdministrator">Whether it may do everything.</param>
/// <param name="Grants">What it may do.</param>
/// <param name="Limits">What the credential restricts that to; null for nothing.</param>
public sealed record Principal(
    PrincipalKind Kind, string Name, long Subject, long Credential, long Epoch, bool IsAdministrator, GrantSet Grants, GrantSet? Limits)
{
    /// <summary>Nobody.</summary>
    public static readonly Principal Anonymous = new(PrincipalKind.Anonymous, string.Empty, 0, 0, 0, false, GrantSet.Nothing, null);

    /// <summary>Whoever uses the socket in the data directory: its file mode has been the check.</summary>
    public static readonly Principal Local = new(PrincipalKind.Local, "local", 0, 0, 0, true, GrantSet.Everything, null);

    /// <summary>Whether somebody has signed in, by whatever means.</summary>
    public bool IsKnown => Kind != PrincipalKind.Anonymous;

    /// <summary>Where everything may be pulled.</summary>
    public IReadOnlyList<NameRange> Readable =>
        Limits is null ? Everywhere.Readable : NameRange.Intersect(Everywhere.Readable, Limits.Readable);

    /// <summary>The rights on a repository.</summary>
    public Right On(string name) => Everywhere.On(name) & (Limits?.On(name) ?? Right.All);

    /// <summary>The rights that hold on all names a pattern means.</summary>
    public Right OnAll(NamePattern pattern) => Everywhere.OnAll(pattern) & (Limits?.OnAll(pattern) ?? Right.All);

    private GrantSet Everywhere => IsAdministrator ? GrantSet.Everything : Grants;
}
