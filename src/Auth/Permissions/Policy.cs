using Registry.Auth.Tokens;
using Registry.Storage.Repositories;

namespace Registry.Auth.Permissions;

/// <summary>What becomes of a request. Each has one answer in the protocol.</summary>
public enum Verdict
{
    /// <summary>It goes on.</summary>
    Allowed,

    /// <summary>No user exists: <see cref="OpenAccess"/> decides.</summary>
    Open,

    /// <summary>What is known of the subject is out of date: read it again, decide again.</summary>
    Changed,

    /// <summary>401 with a challenge: credentials are missing or do not hold.</summary>
    SignIn,

    /// <summary>401 <c>insufficient_scope</c>: the token did not ask for this.</summary>
    Insufficient,

    /// <summary>404 as if there were no such repository.</summary>
    Hidden,

    /// <summary>403 with a plain sentence.</summary>
    Denied,
}

/// <summary>
/// The one place that decides who may do what with a repository: a pure function of who asks, what for, and what the database
/// has just said.
/// </summary>
/// <param name="AnonymousPull">Whether public repositories are public to those who have not signed in, too.</param>
/// <param name="TrustsOthers">Whether tokens of another server are trusted: then the registry is never open, users or not.</param>
public sealed record Policy(bool AnonymousPull, bool TrustsOthers)
{
    // How far the clocks of the database and of a replica may be apart, in milliseconds.
    private const long Skew = 60_000;

    /// <summary>Decides a request for a repository.</summary>
    /// <param name="who">Who asks.</param>
    /// <param name="right"><see cref="Right.Pull"/>, <see cref="Right.Push"/> or <see cref="Right.Delete"/>.</param>
    /// <param name="name">The repository.</param>
    /// <param name="facts">What the answering statement has found.</param>
    public Verdict Decide(Identity who, Right right, string name, RepositoryFacts facts)
    {
        if (IsOpen(who, facts.Standing))
        {
            return Verdict.Open;
        }

        var known = Holds(who, facts.Standing);
        if (right == Right.Pull && facts.Public && (AnonymousPull || known))
        {
            return Verdict.Allowed;
        }

        if (!known || who.Token is { IsExpired: true })
        {
            return Verdict.SignIn;
        }

        if (IsChanged(who.Principal, facts.Standing))
        {
            return Verdict.Changed;
        }

        return who.Token is { } token ? ByToken(who.Principal, token, right, name, facts)
            : Has(who.Principal, right, name, facts) ? Verdict.Allowed
            : Refused(right);
    }

    /// <summary>Decides a pull of what everybody may pull: only a subject that has changed meanwhile is to be read again, for what follows.</summary>
    public static Verdict DecideFree(Identity who, RepositoryFacts facts) =>
        Holds(who, facts.Standing) && IsChanged(who.Principal, facts.Standing) ? Verdict.Changed : Verdict.Allowed;

    /// <summary>
    /// Decides a request within an upload session of the principal's own. The token was asked at the start of the session; a client
    /// cannot get a new one in the middle of a body, so only what has been taken away since counts.
    /// </summary>
    public Verdict DecideUpload(Identity who, string name, RepositoryFacts facts)
    {
        if (IsOpen(who, facts.Standing))
        {
            return Verdict.Open;
        }

        return !Holds(who, facts.Standing) ? Verdict.Hidden
            : IsChanged(who.Principal, facts.Standing) ? Verdict.Changed
            : who.Principal.On(name).HasFlag(Right.Push) ? Verdict.Allowed
            : Verdict.Denied;
    }

    /// <summary>Decides who may see lists: they hold what the principal may pull, so that everybody with a token may ask.</summary>
    public Verdict DecideList(Identity who, long? standing) =>
        IsOpen(who, standing) ? Verdict.Open
        : who.Token is { } token && !token.IsExpired && (who.Principal.Kind == PrincipalKind.Anonymous ? AnonymousPull : Holds(who, standing))
            ? Anyone(token)
        : who.Token is null && Holds(who, standing) ? Verdict.Allowed
        : Verdict.SignIn;

    /// <summary>Decides who may do what needs no more than to have signed in, or to hold any token that is valid.</summary>
    public Verdict DecideKnown(Identity who, long? standing) =>
        IsOpen(who, standing) ? Verdict.Open
        : who.Token is { IsExpired: true } ? Verdict.SignIn
        : Holds(who, standing) || who is { Token: not null, Problem: CredentialProblem.None, Principal.Kind: PrincipalKind.Anonymous } ? Verdict.Allowed
        : Verdict.SignIn;

    /// <summary>Decides who may read figures about the process: anonymous tokens are for everybody, figures are not.</summary>
    public Verdict DecideMeasure(Identity who, long? standing) =>
        IsOpen(who, standing) ? Verdict.Open
        : who.Token is not { IsExpired: true } && Holds(who, standing) ? Verdict.Allowed
        : Verdict.SignIn;

    /// <summary>
    /// Decides who may use the management API at all; the endpoints decide what for. It is never open: whoever makes the first
    /// administrator must have the set-up token or the data directory.
    /// </summary>
    public static Verdict DecideManage(Identity who, long? standing) =>
        who.Token is null && who.Principal.Kind != PrincipalKind.External && Holds(who, standing) ? Verdict.Allowed : Verdict.SignIn;

    /// <summary>Whether nobody has to sign in because there is nobody who could.</summary>
    public bool IsOpen(Identity who, long? standing) =>
        standing is null && who.Principal.Credential == 0 && !TrustsOthers && who.Principal.Kind != PrincipalKind.Local;

    /// <summary>Whether somebody has signed in and the credential still holds.</summary>
    public static bool Holds(Identity who, long? standing) =>
        who.Problem == CredentialProblem.None && who.Principal.IsKnown && (who.Principal.Credential == 0 || standing is not null);

    /// <summary>Whether the principal is not what the database has now.</summary>
    public static bool IsChanged(Principal principal, long? standing) => principal.Credential != 0 && standing != principal.Epoch;

    // Both kinds of list are asked for with different actions of one scope.
    private static Verdict Anyone(BearerToken token) =>
        token.Granted.Any(scope => scope is { Type: TokenAccess.Registry, Name: "catalog" }) ? Verdict.Allowed : Verdict.Insufficient;

    private static Verdict ByToken(Principal principal, BearerToken token, Right right, string name, RepositoryFacts facts)
    {
        var action = ActionOf(right);
        if (token.Allows(TokenAccess.Repository, name, action) is { } scope)
        {
            // In this order: a token that has outlived the right must not tell whether the repository is still there.
            return !Has(principal, right, name, facts) ? Refused(right)
                : IsSame(scope, token, facts) ? Verdict.Allowed
                : Verdict.SignIn;
        }

        // What was refused when the token was issued may be allowed by now: then a new token will do.
        return token.HasAsked(TokenAccess.Repository, name, action) && !Has(principal, right, name, facts) ? Refused(right) : Verdict.Insufficient;
    }

    // A repository that was deleted and made again is another one (S26). One that was not there when the token was issued is newer.
    private static bool IsSame(TokenAccess scope, BearerToken token, RepositoryFacts facts) => token.IsExternal
        || (scope.Id is { } id ? facts.Id == id : facts.Id is null || facts.CreatedAt >= token.IssuedAt - Skew);

    private static bool Has(Principal principal, Right right, string name, RepositoryFacts facts)
    {
        var needed = right == Right.Push && facts.Id is null ? Right.Push | Right.Create : right;
        var rights = principal.On(name) | (facts.Public ? Right.Pull : Right.None);
        return (rights & needed) == needed;
    }

    private static string ActionOf(Right right) => right switch
    {
        Right.Push => "push",
        Right.Delete => "delete",
        _ => "pull",
    };

    private static Verdict Refused(Right right) => right == Right.Pull ? Verdict.Hidden : Verdict.Denied;
}
