namespace Registry.Auth.Identities;

/// <summary>A namespace: the first component of repository names.</summary>
/// <param name="Name">The name.</param>
/// <param name="IsPublic">Whether its repositories may be pulled without a grant, unless they say otherwise.</param>
/// <param name="CreatedAt">Since when there is this namespace, in milliseconds since 1970.</param>
public sealed record RepositoryNamespace(string Name, bool IsPublic, long CreatedAt);
