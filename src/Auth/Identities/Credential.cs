using Registry.Auth.Permissions;

namespace Registry.Auth.Identities;

/// <summary>An access token or a refresh token, without its secret: that is shown once.</summary>
/// <param name="Id">The row.</param>
/// <param name="Name">What its owner, or the client, calls it.</param>
/// <param name="Limits">What it is restricted to; null for nothing.</param>
/// <param name="CreatedAt">Since when it is there, in milliseconds since 1970.</param>
/// <param name="ExpiresAt">When it ends; null for never.</param>
/// <param name="LastUsedAt">When it was last used, to the minute; null for never.</param>
public sealed record Credential(long Id, string? Name, CredentialLimits? Limits, long CreatedAt, long? ExpiresAt, long? LastUsedAt);
