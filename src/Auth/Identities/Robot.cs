namespace Registry.Auth.Identities;

/// <summary>A robot of a namespace.</summary>
/// <param name="Id">The row.</param>
/// <param name="SignInName">The name it signs in with: that of the namespace, a plus sign, and its own.</param>
/// <param name="IsDisabled">Whether it may do nothing.</param>
/// <param name="CreatedAt">Since when there is this robot, in milliseconds since 1970.</param>
public sealed record Robot(long Id, string SignInName, bool IsDisabled, long CreatedAt)
{
    /// <summary>The name within the namespace.</summary>
    public string Name => SignInName[(SignInName.IndexOf('+', StringComparison.Ordinal) + 1)..];
}
