using System.Text.RegularExpressions;

namespace Registry.Auth.Passwords;

/// <summary>An htpasswd file as other registries sign their users in with, read for import: bcrypt hashes only.</summary>
/// <param name="Entries">The users that can be imported, each name once.</param>
/// <param name="Problems">The lines that cannot, in the order of the file.</param>
public sealed partial record Htpasswd(IReadOnlyList<HtpasswdEntry> Entries, IReadOnlyList<HtpasswdProblem> Problems)
{
    private const int MaxNameLength = 64;

    /// <summary>Reads the text of a file.</summary>
    public static Htpasswd Parse(string text)
    {
        var entries = new List<HtpasswdEntry>();
        var problems = new List<HtpasswdProblem>();
        var seen = new Dictionary<string, int>();
        var number = 0;
        foreach (var line in text.TrimStart('\uFEFF').Split('\n').Select(line => line.Trim()))
        {
            number++;
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var written = colon < 0 ? "" : line[..colon];
            var name = written.ToLowerInvariant();
            var hash = line[(colon + 1)..];
            if (Refuse(colon, name, hash) is { } reason)
            {
                problems.Add(new(number, reason));
            }
            else if (!seen.TryAdd(name, number))
            {
                problems.Add(new(number, $"the user {name} is on line {seen[name]} already; the first one counts"));
            }
            else
            {
                entries.Add(new(number, written, name, hash));
            }
        }

        return new(entries, problems);
    }

    private static string? Refuse(int colon, string name, string hash) =>
        colon < 0 ? "the line is not of the form user:hash"
        : name.Length > MaxNameLength || !Name().IsMatch(name)
            ? $"the user name cannot be used here; names have at most {MaxNameLength} of the characters a-z and 0-9, with single . _ or - in between"
        : RefuseKind(hash) is { } kind ? $"the password is hashed with {kind}, which is not safe any more; make it anew with htpasswd -B"
        : Bcrypt.Refuse(hash) is { } problem ? $"the password {problem}"
        : null;

    // What htpasswd(1) writes besides bcrypt.
    private static string? RefuseKind(string hash) =>
        hash.StartsWith("$apr1$", StringComparison.Ordinal) || hash.StartsWith("$1$", StringComparison.Ordinal) ? "MD5"
        : hash.StartsWith("{SHA}", StringComparison.Ordinal) ? "SHA-1"
        : hash.StartsWith("$5$", StringComparison.Ordinal) ? "SHA-256 crypt"
        : hash.StartsWith("$6$", StringComparison.Ordinal) ? "SHA-512 crypt"
        : Crypt().IsMatch(hash) ? "crypt"
        : null;

    [GeneratedRegex(@"\A[a-z0-9]+([._-][a-z0-9]+)*\z", RegexOptions.NonBacktracking)]
    private static partial Regex Name();

    [GeneratedRegex(@"\A[./A-Za-z0-9]{13}\z", RegexOptions.NonBacktracking)]
    private static partial Regex Crypt();
}
