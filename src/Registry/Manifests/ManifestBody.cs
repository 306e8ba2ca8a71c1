using System.Buffers;
using Registry.Storage.Oci;

namespace Registry.Manifests;

/// <summary>The bounded reading of a pushed manifest.</summary>
internal static class ManifestBody
{
    /// <summary>The whole body. The limit is enforced on what arrives; Content-Length is only an early hint.</summary>
    /// <exception cref="OciException">SIZE_INVALID (413): more than <paramref name="limit"/> bytes.</exception>
    public static async Task<byte[]> ReadAsync(HttpRequest request, int limit, CancellationToken cancellationToken)
    {
        if (request.ContentLength > limit)
        {
            throw TooLarge(limit);
        }

        while (true)
        {
            var read = await request.BodyReader.ReadAsync(cancellationToken);
            if (read.Buffer.Length > limit)
            {
                request.BodyReader.AdvanceTo(read.Buffer.End);
                throw TooLarge(limit);
            }

            if (read.IsCompleted)
            {
                var content = read.Buffer.ToArray();
                request.BodyReader.AdvanceTo(read.Buffer.End);
                return content;
            }

            request.BodyReader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    /// <summary>The media type of a request without its parameters, or null when it has none.</summary>
    public static string? MediaTypeOf(HttpRequest request)
    {
        var text = request.ContentType;
        var bare = text?.IndexOf(';', StringComparison.Ordinal) is { } semicolon and >= 0 ? text[..semicolon] : text;
        return string.IsNullOrWhiteSpace(bare) ? null : bare.Trim();
    }

    private static OciException TooLarge(int limit) => new(OciError.ManifestTooLarge, $"a manifest may have at most {limit} bytes");
}
