using Registry.Auth.Permissions;

namespace Registry.Auth.Identities;

/// <summary>Who a grant is for: a user or a robot by the name it signs in with, or a team.</summary>
/// <param name="Subject">The name of the user or robot; null for a team.</param>
/// <param name="Kind">Which of them; without meaning for a team.</param>
/// <param name="Team">The name of the team; null for a user or robot.</param>
public sealed record Grantee(string? Subject, SubjectKind Kind, string? Team)
{
    /// <summary>A user.</summary>
    public static Grantee User(string name) => new(name, SubjectKind.User, null);

    /// <summary>A robot.</summary>
    public static Grantee Robot(string signInName) => new(signInName, SubjectKind.Robot, null);

    /// <summary>All members of a team.</summary>
    public static Grantee MembersOf(string team) => new(null, SubjectKind.User, team);
}

/// <summary>A stored grant.</summary>
/// <param name="Id">The row.</param>
/// <param name="To">Who has it.</param>
/// <param name="Grant">What it is.</param>
/// <param name="CreatedAt">Since when, in milliseconds since 1970.</param>
public sealed record RoleGrant(long Id, Grantee To, Grant Grant, long CreatedAt);
