namespace Registry.Auth.Identities;

/// <summary>A user, as administrators see it.</summary>
/// <param name="Id">The row.</param>
/// <param name="Name">The name it signs in with.</param>
/// <param name="IsAdministrator">Whether it may do everything.</param>
/// <param name="IsDisabled">Whether it may do nothing.</param>
/// <param name="CreatedAt">Since when there is this user, in milliseconds since 1970.</param>
public sealed record User(long Id, string Name, bool IsAdministrator, bool IsDisabled, long CreatedAt);
