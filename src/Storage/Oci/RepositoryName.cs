namespace Registry.Storage.Oci;

/// <summary>A repository name (distribution-spec, "Pulling manifests"): lower-case components joined by slashes.</summary>
public readonly record struct RepositoryName
{
    /// <summary>The longest name in characters: clients cap host, port and name together at 255.</summary>
    public const int MaxLength = 255;

    private RepositoryName(string value) => Value = value;

    /// <summary>The whole name.</summary>
    public string Value { get; }

    /// <summary>The first component. A name of one component lies in the namespace of that name.</summary>
    public string Namespace => Value.IndexOf('/', StringComparison.Ordinal) is var slash and > 0 ? Value[..slash] : Value;

    /// <summary>Reads a name; false when it is out of grammar or too long.</summary>
    public static bool TryParse(string? text, out RepositoryName name)
    {
        name = default;
        if (text is null || text.Length is 0 or > MaxLength)
        {
            return false;
        }

        for (var rest = text.AsSpan(); ;)
        {
            var slash = rest.IndexOf('/');
            if (!IsComponent(slash < 0 ? rest : rest[..slash]))
            {
                return false;
            }

            if (slash < 0)
            {
                name = new RepositoryName(text);
                return true;
            }

            rest = rest[(slash + 1)..];
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Value;

    // [a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*
    private static bool IsComponent(ReadOnlySpan<char> component)
    {
        var i = 0;
        while (true)
        {
            var start = i;
            while (i < component.Length && component[i] is (>= 'a' and <= 'z') or (>= '0' and <= '9'))
            {
                i++;
            }

            if (i == start)
            {
                return false;
            }

            if (i == component.Length)
            {
                return true;
            }

            i += Separator(component[i..]);
        }
    }

    private static int Separator(ReadOnlySpan<char> rest) => rest[0] switch
    {
        '.' => 1,
        '_' => rest.Length > 1 && rest[1] == '_' ? 2 : 1,
        '-' => rest.IndexOfAnyExcept('-') is var end and > 0 ? end : rest.Length,
        _ => 0,
    };
}
