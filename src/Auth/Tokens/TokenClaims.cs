namespace Registry.Auth.Tokens;

/// <summary>What a token says, once its signature, issuer and audience have been found right.</summary>
public sealed record TokenClaims
{
    /// <summary><c>iss</c>.</summary>
    public required string Issuer { get; init; }

    /// <summary>Whether an external token server has issued it: then the subject is none of ours.</summary>
    public bool External { get; init; }

    /// <summary><c>sub</c>: the name of who it was given to, empty for anonymous.</summary>
    public required string Subject { get; init; }

    /// <summary><c>jti</c>.</summary>
    public string? Id { get; init; }

    /// <summary><c>iat</c>.</summary>
    public DateTimeOffset? IssuedAt { get; init; }

    /// <summary><c>nbf</c>.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary><c>exp</c>: of an expired token, since when.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary><c>cid</c>: the credential it was given for. Null for anonymous, and always of external tokens.</summary>
    public long? CredentialId { get; init; }

    /// <summary><c>access</c>: what was granted.</summary>
    public IReadOnlyList<TokenAccess> Access { get; init; } = [];

    /// <summary><c>asked</c>: what was asked for, where that was more than what was granted.</summary>
    public IReadOnlyList<TokenAccess> Asked { get; init; } = [];
}
