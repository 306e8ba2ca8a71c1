using System.Text;

namespace Registry.Auth.Passwords;

/// <summary>What a new password must be. Length and being unknown to everyone count; which kinds of characters it has does not.</summary>
public static class PasswordRules
{
    /// <summary>The fewest characters.</summary>
    public const int MinLength = 10;

    /// <summary>The most characters.</summary>
    public const int MaxLength = 128;

    // So many characters besides the user name make a password that the name does not give away.
    private const int MinBesideName = 6;

    // One of three characters in a row is soon found out.
    private const int MinDifferent = 4;

    /// <summary>Why a password is refused, as a sentence for the person; null when it is accepted.</summary>
    public static string? Refuse(string userName, string password)
    {
        var length = password.EnumerateRunes().Count();
        return password.Any(char.IsControl) ? "the password must not have control characters"
            : !IsText(password) ? "the password must be valid text"
            : length < MinLength ? $"the password must have at least {MinLength} characters"
            : length > MaxLength ? $"the password must have at most {MaxLength} characters"
            : password.EnumerateRunes().Distinct().Count() < MinDifferent ? $"the password must have at least {MinDifferent} different characters"
            : IsMostly(password, userName) ? "the password must not be the user name or little more than it"
            : PasswordPattern.IsRepeated(password) ? "the password must not be a few characters repeated"
            : PasswordPattern.IsRun(password) ? "the password must not be made of runs on the keyboard or through the alphabet or the digits"
            : CommonPasswords.Contains(password) ? "the password is one of those that are tried first; choose one that is not a well-known word or name with a few digits or signs"
            : null;
    }

    // A surrogate without its partner has no UTF-8.
    private static bool IsText(string password) => !password.EnumerateRunes().Contains(Rune.ReplacementChar);

    private static bool IsMostly(string password, string userName) =>
        userName.Length > 0
        && CommonPasswords.Fold(password) is var text
        && CommonPasswords.Fold(userName) is var name
        && text.Contains(name, StringComparison.Ordinal)
        && text.Replace(name, "", StringComparison.Ordinal).Length < MinBesideName;
}
