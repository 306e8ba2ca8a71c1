using System.Globalization;

namespace Registry.Blobs;

/// <summary>A range of bytes, both ends included.</summary>
internal readonly record struct ByteRange(long From, long To)
{
    private const int MaxRanges = 1024;

    public long Length => To - From + 1;

    /// <summary>
    /// Reads a Range header (RFC 9110, 14.2). Null: there is none that counts, serve everything. Empty: none can be served, 416.
    /// A range that ends before it begins counts as one that cannot be served, as the conformance suite expects.
    /// </summary>
    public static IReadOnlyList<ByteRange>? Parse(string header, long size)
    {
        const string Unit = "bytes=";
        if (!header.StartsWith(Unit, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var ranges = new List<ByteRange>();
        var (total, parts) = (0L, 0);
        foreach (var text in header[Unit.Length..].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            parts++;
            if (!TryParse(text, size, out var range))
            {
                return null;
            }

            if (range is { } satisfiable)
            {
                ranges.Add(satisfiable);
                total += satisfiable.Length;
            }
        }

        // More bytes than the blob has, in many pieces: only good for making a server work.
        return parts == 0 || ranges.Count > MaxRanges || (ranges.Count > 1 && total > size) ? null : ranges;
    }

    /// <summary>False when the text is no range at all; null when it cannot be satisfied.</summary>
    private static bool TryParse(string text, long size, out ByteRange? range)
    {
        range = null;
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        if (dash < 0 || !TryNumber(text.AsSpan(0, dash), out var from) || !TryNumber(text.AsSpan(dash + 1), out var to) || (from ?? to) is null)
        {
            return false;
        }

        if (from is null)
        {
            range = to > 0 && size > 0 ? new ByteRange(Math.Max(0, size - to!.Value), size - 1) : null;
        }
        else if (from < size && (to is null || to >= from))
        {
            range = new ByteRange(from.Value, Math.Min(to ?? long.MaxValue, size - 1));
        }

        return true;
    }

    private static bool TryNumber(ReadOnlySpan<char> text, out long? number)
    {
        number = null;
        if (text.IsEmpty)
        {
            return true;
        }

        if (text.ContainsAnyExceptInRange('0', '9'))
        {
            return false;
        }

        // A number that does not fit lies behind every blob.
        number = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : long.MaxValue;
        return true;
    }
}
