using Registry.Auth.Tokens;

namespace Registry.Auth;

/// <summary>What was wrong with the credentials a request has shown.</summary>
public enum CredentialProblem
{
    /// <summary>Nothing, or there were none.</summary>
    None,

    /// <summary>They are malformed, wrong, revoked or expired.</summary>
    Invalid,

    /// <summary>They were not looked at: too many attempts.</summary>
    TooMany,
}

/// <summary>Who a request comes from, as far as it has shown.</summary>
/// <param name="Principal">Who.</param>
/// <param name="Token">What the bearer token says; null where the credential itself was shown.</param>
/// <param name="Problem">Why the principal is nobody although credentials were shown.</param>
/// <param name="RetryAfter">After too many attempts: when the next is looked at.</param>
/// <param name="Claimed">With a problem: the name that was claimed, for records.</param>
/// <param name="IsNew">Whether a password was verified for it that was not known from a moment ago.</param>
public sealed record Identity(
    Principal Principal,
    BearerToken? Token = null,
    CredentialProblem Problem = CredentialProblem.None,
    TimeSpan RetryAfter = default,
    string? Claimed = null,
    bool IsNew = false)
{
    /// <summary>Nobody, and nothing shown.</summary>
    public static readonly Identity Anonymous = new(Principal.Anonymous);

    /// <summary>Credentials that do not hold.</summary>
    public static readonly Identity Invalid = new(Principal.Anonymous, null, CredentialProblem.Invalid);
}

/// <summary>What a verified bearer token says about one request.</summary>
/// <param name="Granted">What it allows.</param>
/// <param name="Asked">What was asked for and not allowed.</param>
/// <param name="IssuedAt">When, in milliseconds since 1970.</param>
/// <param name="IsExpired">Whether it has expired, within the hour in which it may still finish an upload.</param>
/// <param name="IsExternal">Whether a trusted token server has issued it, which knows names and no rows.</param>
public sealed record BearerToken(
    IReadOnlyList<TokenAccess> Granted, IReadOnlyList<TokenAccess> Asked, long IssuedAt, bool IsExpired, bool IsExternal)
{
    /// <summary>The entry that allows an action on a repository, or null.</summary>
    public TokenAccess? Allows(string type, string name, string action) => Find(Granted, type, name, action);

    /// <summary>Whether the action was asked for.</summary>
    public bool HasAsked(string type, string name, string action) =>
        Find(Asked, type, name, action) is not null || Find(Granted, type, name, action) is not null;

    private static TokenAccess? Find(IReadOnlyList<TokenAccess> scopes, string type, string name, string action)
    {
        foreach (var scope in scopes)
        {
            // Whoever pushes has to look at what is there.
            if (scope.Type == type && scope.Name == name && (scope.Has(action) || (action == "pull" && scope.Has("push"))))
            {
                return scope;
            }
        }

        return null;
    }
}
