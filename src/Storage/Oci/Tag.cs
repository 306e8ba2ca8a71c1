using System.Buffers;

namespace Registry.Storage.Oci;

/// <summary>A tag: a word character, then up to 127 word characters, dots and dashes. Case matters.</summary>
public readonly record struct Tag
{
    /// <summary>The grammar, for messages.</summary>
    public const string Grammar = "[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}";

    private static readonly SearchValues<char> Characters =
        SearchValues.Create("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_.-");

    private Tag(string value) => Value = value;

    /// <summary>The tag itself.</summary>
    public string Value { get; }

    /// <summary>Reads a tag; false when it is out of grammar.</summary>
    public static bool TryParse(string? text, out Tag tag)
    {
        if (text is null || text.Length is 0 or > 128 || text[0] is '.' or '-' || text.AsSpan().ContainsAnyExcept(Characters))
        {
            tag = default;
            return false;
        }

        tag = new Tag(text);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => Value;
}
