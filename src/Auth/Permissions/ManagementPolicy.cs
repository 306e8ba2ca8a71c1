namespace Registry.Auth.Permissions;

/// <summary>What somebody wants to do through the management API.</summary>
public sealed record ManagementRequest
{
    private ManagementRequest()
    {
    }

    internal enum Kind
    {
        Look,
        Administer,
        Account,
        Robot,
        Names,
        SomeNames,
        Grant,
    }

    internal Kind What { get; private init; }

    internal string? Name { get; private init; }

    internal NamePattern Names { get; private init; }

    internal Right Rights { get; private init; }

    /// <summary>See what is visible to the caller anyway: itself, its teams, the repositories it may pull.</summary>
    public static ManagementRequest Look { get; } = new() { What = Kind.Look };

    /// <summary>Anything that concerns the whole registry.</summary>
    public static ManagementRequest Administer { get; } = new() { What = Kind.Administer };

    /// <summary>See or change the password, access tokens and sessions of a user.</summary>
    public static ManagementRequest Account(string user) => new() { What = Kind.Account, Name = user };

    /// <summary>Give a robot a new secret.</summary>
    public static ManagementRequest Rotate(string space, string signInName) =>
        new() { What = Kind.Robot, Name = signInName, Names = NamePattern.Namespace(space) };

    /// <summary>See or change robots, grants and the visibility of what lies below a pattern.</summary>
    public static ManagementRequest Manage(NamePattern names) => new() { What = Kind.Names, Names = names, Rights = Right.Manage };

    /// <summary>See or change that of some names, which are still to be found: each is asked for by itself then.</summary>
    public static ManagementRequest ManageSome { get; } = new() { What = Kind.SomeNames };

    /// <summary>Look at a namespace or a repository.</summary>
    public static ManagementRequest See(NamePattern names) => new() { What = Kind.Names, Names = names, Rights = Right.Pull };

    /// <summary>Give somebody a role.</summary>
    public static ManagementRequest Give(Grant grant) => new() { What = Kind.Grant, Names = grant.Names, Rights = grant.Rights };
}

/// <summary>
/// The one place that decides who may do what through the management API: a pure function of who asks and what for. Administrators
/// may do everything, owners what concerns their names, everyone what concerns themselves. A robot may only look at itself and
/// rotate its secret, and so may a credential with limits only look.
/// </summary>
public static class ManagementPolicy
{
    /// <summary>Decides: what is not visible is <see cref="Verdict.Hidden"/>, whether it exists or not.</summary>
    public static Verdict Decide(Principal who, ManagementRequest request)
    {
        if (!who.IsKnown || who.Kind == PrincipalKind.External)
        {
            return Verdict.SignIn;
        }

        var isOwnAccount = request.Name is { } name && name == who.Name;
        if (who.Limits is not null || who.Kind == PrincipalKind.Robot)
        {
            // Said before anything is looked up, so that it tells nothing about what there is.
            var isAllowed = request.What == ManagementRequest.Kind.Look
                || (request.What == ManagementRequest.Kind.Robot && isOwnAccount && who is { Kind: PrincipalKind.Robot, Limits: null });
            return isAllowed ? Verdict.Allowed : Verdict.Denied;
        }

        if (who.IsAdministrator)
        {
            return Verdict.Allowed;
        }

        return request.What switch
        {
            ManagementRequest.Kind.Look or ManagementRequest.Kind.SomeNames => Verdict.Allowed,
            ManagementRequest.Kind.Account => AllowedIf(isOwnAccount && who.Kind == PrincipalKind.User),
            ManagementRequest.Kind.Robot => AllowedIf(Holds(Right.Manage)),
            ManagementRequest.Kind.Names => AllowedIf(Holds(request.Rights)),

            // Nobody can give more than they hold.
            ManagementRequest.Kind.Grant => !Holds(Right.Manage) ? Verdict.Hidden : AllowedIf(Holds(request.Rights), Verdict.Denied),
            _ => Verdict.Hidden,
        };

        bool Holds(Right right) => who.OnAll(request.Names).HasFlag(right);
    }

    private static Verdict AllowedIf(bool isAllowed, Verdict otherwise = Verdict.Hidden) => isAllowed ? Verdict.Allowed : otherwise;
}
