namespace Registry.Storage.Repositories;

/// <summary>Which repositories a list shows.</summary>
/// <param name="Ranges">Those in one of these, in order and not touching.</param>
/// <param name="Public">Whether those that are public as well.</param>
public sealed record VisibleNames(IReadOnlyList<NameRange> Ranges, bool Public)
{
    /// <summary>All.</summary>
    public static readonly VisibleNames All = new([NameRange.All], false);
}
