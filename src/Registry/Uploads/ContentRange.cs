using System.Globalization;
using Registry.Storage.Oci;

namespace Registry.Uploads;

/// <summary>The Content-Range of a chunk: <c>start-end</c>, both included; <c>bytes start-end/total</c> is understood as well.</summary>
internal readonly record struct ContentRange(long From, long To)
{
    public long Length => To - From + 1;

    /// <summary>The range of a request, or null when it has none.</summary>
    /// <exception cref="OciException">BLOB_UPLOAD_INVALID (400) for what is no range, SIZE_INVALID when Content-Length is another.</exception>
    public static ContentRange? Read(HttpRequest request)
    {
        var header = request.Headers.ContentRange;
        if (header.Count == 0)
        {
            return null;
        }

        var text = header.ToString().AsSpan();
        if (text.StartsWith("bytes ", StringComparison.OrdinalIgnoreCase))
        {
            text = text[6..];
        }

        if (text.IndexOf('/') is var slash and >= 0)
        {
            text = text[..slash];
        }

        var dash = text.IndexOf('-');
        if (dash < 0 || !TryNumber(text[..dash], out var from) || !TryNumber(text[(dash + 1)..], out var to) || to < from)
        {
            throw new OciException(
                OciError.SizeInvalid, $"Content-Range is \"{header}\"; allowed is <first byte>-<last byte>", [header.ToString()]);
        }

        var range = new ContentRange(from, to);
        return request.ContentLength is null || request.ContentLength == range.Length
            ? range
            : throw new OciException(OciError.SizeInvalid, $"Content-Range has {range.Length} bytes, Content-Length is {request.ContentLength}");
    }

    private static bool TryNumber(ReadOnlySpan<char> text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
