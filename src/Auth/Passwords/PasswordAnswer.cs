namespace Registry.Auth.Passwords;

/// <summary>The answer to an attempt to sign in with a password.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="RetryAfter">With <see cref="PasswordOutcome.TooMany"/> how long the client is to wait.</param>
/// <param name="Replacement">
/// A new hash of the same password, where the stored one is of an older or foreign kind. Store it if the old one is still there.
/// </param>
public sealed record PasswordAnswer(PasswordOutcome Outcome, TimeSpan RetryAfter = default, string? Replacement = null)
{
    /// <summary>The password is wrong.</summary>
    public static PasswordAnswer Invalid { get; } = new(PasswordOutcome.Invalid);

    /// <summary>The password is right.</summary>
    public static PasswordAnswer Valid { get; } = new(PasswordOutcome.Valid);

    /// <summary>It was right a moment ago, and is.</summary>
    public static PasswordAnswer Remembered { get; } = Valid with { IsRemembered = true };

    /// <summary>Whether nothing had to be verified.</summary>
    public bool IsRemembered { get; private init; }

    /// <summary>Nothing was verified.</summary>
    public static PasswordAnswer TooMany(TimeSpan retryAfter) => new(PasswordOutcome.TooMany, retryAfter);

    /// <summary>Without the hash, so that no log can hold it.</summary>
    public override string ToString() => Outcome.ToString();
}
