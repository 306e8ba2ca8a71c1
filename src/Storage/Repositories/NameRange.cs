namespace Registry.Storage.Repositories;

/// <summary>The names from <paramref name="From"/> (included) to <paramref name="To"/> (excluded), in byte order.</summary>
public readonly record struct NameRange(string From, string To)
{
    /// <summary>Every name: no name reaches the character after <c>z</c>.</summary>
    public static readonly NameRange All = new(string.Empty, "{");

    /// <summary>Whether the name lies within.</summary>
    public bool Contains(string name) => string.CompareOrdinal(From, name) <= 0 && string.CompareOrdinal(name, To) < 0;

    /// <summary>Whether the other range lies within.</summary>
    public bool Contains(NameRange other) => string.CompareOrdinal(From, other.From) <= 0 && string.CompareOrdinal(other.To, To) <= 0;

    /// <summary>The same names as few ranges, in order, none touching another.</summary>
    public static IReadOnlyList<NameRange> Union(IEnumerable<NameRange> ranges)
    {
        var union = new List<NameRange>();
        foreach (var range in ranges.OrderBy(range => range.From, StringComparer.Ordinal))
        {
            if (union.Count > 0 && string.CompareOrdinal(range.From, union[^1].To) <= 0)
            {
                if (string.CompareOrdinal(range.To, union[^1].To) > 0)
                {
                    union[^1] = union[^1] with { To = range.To };
                }
            }
            else
            {
                union.Add(range);
            }
        }

        return union;
    }

    /// <summary>The names that lie in one of <paramref name="left"/> and in one of <paramref name="right"/>.</summary>
    public static IReadOnlyList<NameRange> Intersect(IReadOnlyList<NameRange> left, IReadOnlyList<NameRange> right) => Union(
        from a in left
        from b in right
        let @from = string.CompareOrdinal(a.From, b.From) >= 0 ? a.From : b.From
        let to = string.CompareOrdinal(a.To, b.To) <= 0 ? a.To : b.To
        where string.CompareOrdinal(@from, to) < 0
        select new NameRange(@from, to));
}
