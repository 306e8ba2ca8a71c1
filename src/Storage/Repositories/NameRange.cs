namespace Registry.Storage.Repositories;

/// <summary>The names from <paramref name="From"/> (included) to <paramref name="To"/> (excluded), in byte order.</summary>
public readonly record struct NameRange(string From, string To)
{
    /// <summary>Every name: no name reaches the character after <c>z</c>.</summary>
    public static readonly NameRange All = new(string.Empty, "{");
}
