namespace Registry.Auth.Identities;

/// <summary>What a subject signs in with: the column <c>credential.kind</c>.</summary>
public enum CredentialKind
{
    /// <summary>A password, kept as a salted hash.</summary>
    Password = 1,

    /// <summary>An access token of a user, or the secret of a robot.</summary>
    AccessToken = 2,

    /// <summary>A refresh token (RFC 6749, 1.5), given for another credential and ending with it.</summary>
    RefreshToken = 3,

    /// <summary>A client certificate.</summary>
    Certificate = 4,
}
