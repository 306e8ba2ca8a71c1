using Registry.Auth.Identities;
using Registry.Auth.Permissions;
using Registry.Storage.Oci;

namespace Registry.Management;

/// <summary>Checks what is sent, member by member, with a sentence for the person.</summary>
internal static class Input
{
    private const int MaxLabel = 100;
    private const long MaxSeconds = 10L * 366 * 24 * 60 * 60;

    public static string Name(string member, string value) => SubjectName.IsValid(value) ? value : throw Invalid(member, SubjectName.Grammar);

    /// <summary>The name that a robot signs in with.</summary>
    public static string SignInName(string member, string value) =>
        value.Split('+') is [var space, var robot] && SubjectName.IsNamespace(space) && SubjectName.IsValid(robot) ? value
        : throw Invalid(member, "write it as namespace+name");

    public static string Namespace(string member, string value) => SubjectName.IsNamespace(value) ? value
        : throw Invalid(member, "a namespace is the first component of repository names");

    /// <summary>A text for people.</summary>
    public static string Label(string member, string value) =>
        value.Length is > 0 and <= MaxLabel && !value.Any(c => char.IsControl(c) || char.IsSurrogate(c)) ? value
        : throw Invalid(member, $"it must have 1 to {MaxLabel} characters, none of them a control character");

    public static TimeSpan? Lifetime(string member, long? seconds) => seconds switch
    {
        null => null,
        >= 1 and <= MaxSeconds => TimeSpan.FromSeconds(seconds.Value),
        _ => throw Invalid(member, $"it must be a number of seconds from 1 to {MaxSeconds}"),
    };

    public static NamePattern Pattern(string member, string value) => NamePattern.TryParse(value, out var pattern) ? pattern
        : throw Invalid(member, "write team/* for a namespace, team/app for a repository, team/app-* for all names that begin so, * for everything");

    public static Role Role(string member, string value) => value switch
    {
        "reader" => Auth.Permissions.Role.Reader,
        "writer" => Auth.Permissions.Role.Writer,
        "maintainer" => Auth.Permissions.Role.Maintainer,
        "owner" => Auth.Permissions.Role.Owner,
        _ => throw Invalid(member, "allowed are reader, writer, maintainer and owner"),
    };

    /// <summary>Public, private, or null for as the namespace where that is allowed.</summary>
    public static bool? Visibility(string member, string value, bool canInherit = false) => value switch
    {
        "public" => true,
        "private" => false,
        "inherit" when canInherit => null,
        _ => throw Invalid(member, canInherit ? "allowed are public, private and inherit" : "allowed are public and private"),
    };

    public static OciException Invalid(string member, string why) => new(ManagementError.Invalid, $"{member}: {why}", [member]);

    public static string Visible(bool isPublic) => isPublic ? "public" : "private";

    public static DateTime Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds).UtcDateTime;

    public static DateTime? Time(long? milliseconds) => milliseconds is { } value ? Time(value) : null;
}
