using Registry.Storage.Oci;

namespace Registry.Auth.Identities;

/// <summary>The names of users, teams and robots: lower-case letters and digits, single <c>. _ -</c> in between.</summary>
public static class SubjectName
{
    /// <summary>The longest name in characters.</summary>
    public const int MaxLength = 64;

    /// <summary>What a name is, for the person.</summary>
    public const string Grammar = "a name has at most 64 characters: lower-case letters and digits, with single '.', '_' or '-' in between";

    // Records call the socket in the data directory so.
    private const string Reserved = "local";

    /// <summary>Whether a user, team or robot can have the name.</summary>
    public static bool IsValid(string? text)
    {
        if (text is null || text.Length is 0 or > MaxLength || text == Reserved)
        {
            return false;
        }

        var wasLetter = false;
        foreach (var c in text)
        {
            var isLetter = c is (>= 'a' and <= 'z') or (>= '0' and <= '9');
            if (!isLetter && !(wasLetter && c is ('.' or '_' or '-')))
            {
                return false;
            }

            wasLetter = isLetter;
        }

        return wasLetter;
    }

    /// <summary>Whether a namespace can have the name: it is the first component of repository names.</summary>
    public static bool IsNamespace(string? text) => RepositoryName.TryParse(text, out var name) && name.Namespace == text;

    /// <summary>The name with which a robot signs in.</summary>
    public static string OfRobot(string space, string robot) => $"{space}+{robot}";
}
