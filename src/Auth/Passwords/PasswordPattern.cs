namespace Registry.Auth.Passwords;

/// <summary>Passwords that are long without being hard to guess: repetitions, and walks over the keyboard.</summary>
internal static class PasswordPattern
{
    private const int ShortestRun = 3;

    // A repeated unit of ten characters is a password by itself.
    private const int LongestUnit = PasswordRules.MinLength - 1;

    // More than these beside the runs is more than a run.
    private const int MostBesideRuns = 3;

    private static readonly string[] Sequences = [.. Forwards().SelectMany(line => new[] { line, Reverse(line) })];

    /// <summary>Whether it is a short unit again and again.</summary>
    public static bool IsRepeated(string password)
    {
        var text = password.ToLowerInvariant();
        return Enumerable.Range(1, Math.Min(LongestUnit, text.Length / 2)).Any(unit => text.AsSpan(unit).SequenceEqual(text.AsSpan(0, text.Length - unit)));
    }

    /// <summary>Whether it is runs and years, and little else.</summary>
    public static bool IsRun(string password)
    {
        var text = password.ToLowerInvariant().AsSpan();
        var beside = 0;
        while (text.Length > 0)
        {
            var run = RunLength(text);
            beside += run == 0 ? 1 : 0;
            text = text[Math.Max(1, run)..];
        }

        return beside <= MostBesideRuns;
    }

    // At the start of the text; 0 when there is none.
    private static int RunLength(ReadOnlySpan<char> text)
    {
        var longest = text.IndexOfAnyExcept(text[0]) is var same and >= 0 ? same : text.Length;
        foreach (var sequence in Sequences)
        {
            for (var length = Math.Min(text.Length, sequence.Length); length > longest; length--)
            {
                if (sequence.AsSpan().Contains(text[..length], StringComparison.Ordinal))
                {
                    longest = length;
                }
            }
        }

        return longest >= ShortestRun ? longest : IsYear(text) ? 4 : 0;
    }

    private static bool IsYear(ReadOnlySpan<char> text) =>
        text.Length >= 4 && (text.StartsWith("19") || text.StartsWith("20")) && char.IsAsciiDigit(text[2]) && char.IsAsciiDigit(text[3]);

    private static string Reverse(string text) => new([.. text.Reverse()]);

    private static IEnumerable<string> Forwards() =>
    [
        "abcdefghijklmnopqrstuvwxyz",
        "01234567890",
        "135792468013579",
        "112233445566778899001122",
        "aabbccddeeffgghhiijjkk",
        "1a2b3c4d5e6f7g8h9i0j",
        "a1b2c3d4e5f6g7h8i9j0",

        // Keyboards: the rows of the American, German and French layouts, then up and down between rows.
        "1234567890-=",
        "!@#$%^&*()_+",
        "!\"§$%&/()=?",
        "qwertyuiop[]\\",
        "asdfghjkl;'",
        "zxcvbnm,./",
        "qwertzuiopü",
        "asdfghjklöä",
        "yxcvbnm,.-",
        "azertyuiop",
        "qsdfghjklm",
        "wxcvbn,;:",
        "1q2w3e4r5t6y7u8i9o0p",
        "q1w2e3r4t5y6u7i8o9p0",
        "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
        "!qaz@wsx#edc$rfv%tgb^yhn&ujm",
        "1qazxsw23edcvfr45tgbnhy67ujm",
        "zaq1xsw2cde3vfr4bgt5nhy6mju7",
        "zaq12wsxcde34rfvbgt56yhn",
        "qazwsxedcrfvtgbyhnujmikolp",
        "qaswedfrtghyujkiol",
        "qweasdzxcrtyfghvbnuiojklm",
        "qwerasdfzxcvtyuighjkbnm",
    ];
}
