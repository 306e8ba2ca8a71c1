using Registry.Storage.Oci;
using Registry.Storage.Repositories;

namespace Registry.Auth.Permissions;

/// <summary>
/// The names a grant means, as a person writes them: <c>team/*</c> is the namespace (<c>team</c> and everything below <c>team/</c>),
/// <c>team/app</c> one repository, <c>team/app-*</c> all names that begin so, and <c>*</c> everything.
/// </summary>
public readonly record struct NamePattern
{
    // The first sorts before every character of a name, the last after.
    private const char First = '!';
    private const char Last = '{';

    private NamePattern(string text) => Text = text;

    /// <summary>The written form.</summary>
    public string Text { get; }

    /// <summary>The names as ranges.</summary>
    public IReadOnlyList<NameRange> Ranges =>
        !Text.EndsWith('*') ? [Exactly(Text)]
        : NamespaceOf(Text) is { } space ? [Exactly(space), Beginning(space + "/")]
        : [Beginning(Text[..^1])];

    /// <summary>The repository named like the namespace and everything below it.</summary>
    public static NamePattern Namespace(string name) => new(name + "/*");

    /// <summary>One repository.</summary>
    public static NamePattern Repository(string name) => new(name);

    /// <summary>Everything that begins with <paramref name="prefix"/>; an empty one means everything.</summary>
    public static NamePattern Prefix(string prefix) => new(prefix + "*");

    /// <summary>Reads the written form; false when it is neither a name nor the beginning of one with a star.</summary>
    public static bool TryParse(string? text, out NamePattern pattern)
    {
        pattern = text is null ? default : new NamePattern(text);
        return text is not null && (text.EndsWith('*') ? CanBegin(text[..^1]) : RepositoryName.TryParse(text, out _));
    }

    /// <summary>The namespace that the pattern means as a whole, or null.</summary>
    public string? Space => NamespaceOf(Text);

    /// <summary>The one namespace that all names lie in, or null: a pattern such as <c>te*</c> means names of several.</summary>
    public string? Within => Text.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash ? Text[..slash] : Text.EndsWith('*') ? null : Text;

    /// <summary>Whether everything that <paramref name="other"/> means is meant by this pattern, too.</summary>
    public bool Covers(NamePattern other)
    {
        var ranges = Ranges;
        return other.Ranges.All(inner => ranges.Any(range => range.Contains(inner)));
    }

    /// <summary>Whether the pattern means the name.</summary>
    public bool Matches(string name) => Ranges.Any(range => range.Contains(name));

    /// <inheritdoc/>
    public override string ToString() => Text;

    private static NameRange Exactly(string name) => new(name, name + First);

    private static NameRange Beginning(string prefix) => new(prefix, prefix + Last);

    private static string? NamespaceOf(string text) =>
        text.EndsWith("/*", StringComparison.Ordinal) && !text.AsSpan(0, text.Length - 2).Contains('/') ? text[..^2] : null;

    // What a name can begin with can be completed to one.
    private static bool CanBegin(string prefix) => prefix.Length == 0 || RepositoryName.TryParse(prefix + "0", out _);
}
