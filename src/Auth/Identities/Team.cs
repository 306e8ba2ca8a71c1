namespace Registry.Auth.Identities;

/// <summary>Users that are given rights together.</summary>
/// <param name="Id">The row.</param>
/// <param name="Name">The name.</param>
/// <param name="CreatedAt">Since when there is this team, in milliseconds since 1970.</param>
public sealed record Team(long Id, string Name, long CreatedAt);
