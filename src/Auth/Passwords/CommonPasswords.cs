using System.Buffers;
using System.Text;

namespace Registry.Auth.Passwords;

/// <summary>
/// The passwords that are tried first: words and names that people choose, in any case and with the usual replacements (p@ssw0rd),
/// alone, with a few digits and signs around, or several of the most usual ones together. CommonPasswords.txt lists them.
/// </summary>
internal static class CommonPasswords
{
    // "sunshine" with a date is tried; with nine random digits it is not.
    private const int MostAround = 8;

    // More words together are a passphrase.
    private const int MostTogether = 3;

    // Of the file: these words are combined with each other.
    private const char Combined = '+';

    private static readonly SearchValues<char> Separators = SearchValues.Create(" -_.,:;/\\'\"&#*~");

    private static readonly Lazy<(HashSet<string> Words, HashSet<string> Combined)> List = new(Read);

    /// <summary>Whether the password is one of them.</summary>
    public static bool Contains(string password)
    {
        var leading = password.TakeWhile(c => !char.IsLetter(c)).Count();
        var trailing = password.Reverse().TakeWhile(c => !char.IsLetter(c)).Count();

        // Some of the digits at the ends may stand for letters: 4dm1n1strat0r5.
        for (var start = 0; start <= Math.Min(leading, MostAround); start++)
        {
            for (var end = 0; end <= Math.Min(trailing, MostAround - start) && start + end < password.Length; end++)
            {
                if (IsListed(Fold(password[start..^end])))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>One spelling for all that mean the same: lower case, no separators, letters for the signs that stand for them.</summary>
    public static string Fold(string text)
    {
        var folded = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (!Separators.Contains(c))
            {
                folded.Append(char.ToLowerInvariant(c) switch
                {
                    '0' => 'o',
                    '1' or 'l' or '!' or '|' => 'i',
                    '3' or '€' => 'e',
                    '4' or '@' => 'a',
                    '5' or '$' => 's',
                    '7' or '+' => 't',
                    var other => other,
                });
            }
        }

        return folded.ToString();
    }

    private static bool IsListed(string folded) => List.Value.Words.Contains(folded) || IsCombined(folded);

    private static bool IsCombined(ReadOnlySpan<char> folded)
    {
        // fewest[i]: of how few words the first i characters can be made.
        var words = List.Value.Combined.GetAlternateLookup<ReadOnlySpan<char>>();
        var fewest = new int[folded.Length + 1];
        for (var end = 1; end <= folded.Length; end++)
        {
            fewest[end] = MostTogether + 1;
            for (var start = 0; start < end; start++)
            {
                if (fewest[start] + 1 < fewest[end] && words.Contains(folded[start..end]))
                {
                    fewest[end] = fewest[start] + 1;
                }
            }
        }

        return fewest[^1] is > 0 and <= MostTogether;
    }

    private static (HashSet<string> Words, HashSet<string> Combined) Read()
    {
        using var file = new StreamReader(typeof(CommonPasswords).Assembly.GetManifestResourceStream("CommonPasswords.txt")!);
        var words = file.ReadToEnd().Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        return ([.. words.Select(word => Fold(word.TrimStart(Combined)))], [.. words.Where(word => word[0] == Combined).Select(word => Fold(word[1..]))]);
    }
}
