using System.Buffers;
using System.Globalization;
using System.Text;
using Registry.Protocol;
using Registry.Storage.Blobs;
using Registry.Storage.Objects;
using Registry.Storage.Oci;

namespace Registry.Blobs;

/// <summary>Answers with a blob, whole or in ranges (RFC 9110, 14).</summary>
internal sealed class BlobResponse(IObjectStore objects, SmallObjects small, BlobBody body, Redirects redirects)
{
    private const string ContentType = "application/octet-stream";

    public async Task WriteAsync(HttpContext http, Digest digest, Blob blob)
    {
        var ranges = RangesOf(http.Request, digest, blob.Size);
        if (ranges is { Count: 0 })
        {
            await WriteUnsatisfiableAsync(http, blob.Size);
            return;
        }

        if (blob.Size <= SmallObjects.MaxSize && ranges is null && !HttpMethods.IsHead(http.Request.Method))
        {
            await WriteSmallAsync(http, digest, blob);
            return;
        }

        if (redirects.TryWrite(http, blob.Object))
        {
            return;
        }

        var first = ranges?[0] ?? new ByteRange(0, blob.Size - 1);
        using var content = HttpMethods.IsHead(http.Request.Method)
            ? null
            : await objects.OpenReadAsync(blob.Object, first.From, first.Length, http.RequestAborted);
        if (content is null && !HttpMethods.IsHead(http.Request.Method))
        {
            await WriteGoneAsync(http, digest);
            return;
        }

        if (content is FileContent file && RandomAccess.GetLength(file.File) < blob.Size)
        {
            throw new IOException("the object is shorter than its row says"); // whichever range is asked for: no byte of it can be trusted
        }

        await WriteAsync(http, digest, blob.Size, ranges, content);
    }

    /// <summary>Answers with a blob whose bytes are told by something else than the object store.</summary>
    public Task WriteAsync(HttpContext http, Digest digest, long size, ObjectContent content)
    {
        var ranges = RangesOf(http.Request, digest, size);
        return ranges is { Count: 0 } ? WriteUnsatisfiableAsync(http, size) : WriteAsync(http, digest, size, ranges, content);
    }

    private Task WriteAsync(HttpContext http, Digest digest, long size, IReadOnlyList<ByteRange>? ranges, ObjectContent? content)
    {
        SetHeaders(http.Response, digest);
        return ranges switch
        {
            null => WriteRangeAsync(http, content, new ByteRange(0, size - 1)),
            [var only] => WritePartAsync(http, content, only, size),
            _ => WritePartsAsync(http, content, ranges, size),
        };
    }

    private static Task WriteUnsatisfiableAsync(HttpContext http, long size)
    {
        http.Response.Headers.ContentRange = $"bytes */{size}";
        return ErrorEnvelope.WriteAsync(http, OciError.RangeInvalid, $"the blob has {size} bytes", http.Request.Headers.Range.ToString());
    }

    private static IReadOnlyList<ByteRange>? RangesOf(HttpRequest request, Digest digest, long size)
    {
        var header = request.Headers.Range;
        if (header.Count != 1 || !HttpMethods.IsGet(request.Method)) // a range means nothing to HEAD (RFC 9110, 14.2)
        {
            return null;
        }

        // If-Range with another validator means: the whole thing, please (RFC 9110, 13.1.5).
        var condition = request.Headers.IfRange;
        return condition.Count > 0 && condition.ToString().Trim('"') != digest.Text ? null : ByteRange.Parse(header.ToString(), size);
    }

    private static void SetHeaders(HttpResponse response, Digest digest)
    {
        OciHeaders.SetDigest(response, digest);
        OciHeaders.SetContentSafety(response, immutable: true);
        response.Headers.AcceptRanges = "bytes";
        response.ContentType = ContentType;
    }

    // Collected between the look into the database and here.
    private static Task WriteGoneAsync(HttpContext http, Digest digest) =>
        ErrorEnvelope.WriteAsync(http, OciError.BlobUnknown, null, digest.Text);

    private async Task WriteSmallAsync(HttpContext http, Digest digest, Blob blob)
    {
        if (await small.ReadAsync(blob, http.RequestAborted) is not { } bytes)
        {
            await WriteGoneAsync(http, digest);
            return;
        }

        SetHeaders(http.Response, digest);
        http.Response.ContentLength = bytes.Length;
        await http.Response.BodyWriter.WriteAsync(bytes, http.RequestAborted);
    }

    private Task WritePartAsync(HttpContext http, ObjectContent? content, ByteRange range, long size)
    {
        http.Response.StatusCode = StatusCodes.Status206PartialContent;
        http.Response.Headers.ContentRange = $"bytes {range.From}-{range.To}/{size}";
        return WriteRangeAsync(http, content, range);
    }

    private async Task WriteRangeAsync(HttpContext http, ObjectContent? content, ByteRange range)
    {
        http.Response.ContentLength = range.Length;
        if (content is not null)
        {
            await body.WriteAsync(http, content, range);
        }
    }

    // multipart/byteranges (RFC 9110, 14.6): partial pulls of zstd:chunked layers ask for many ranges at once.
    private async Task WritePartsAsync(HttpContext http, ObjectContent? content, IReadOnlyList<ByteRange> ranges, long size)
    {
        var boundary = Guid.NewGuid().ToString("N");
        var heads = ranges.Select(range => Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"\r\n--{boundary}\r\nContent-Type: {ContentType}\r\nContent-Range: bytes {range.From}-{range.To}/{size}\r\n\r\n"))).ToList();
        var tail = Encoding.ASCII.GetBytes($"\r\n--{boundary}--\r\n");
        http.Response.StatusCode = StatusCodes.Status206PartialContent;
        http.Response.ContentType = $"multipart/byteranges; boundary={boundary}";
        http.Response.ContentLength = heads.Sum(head => (long)head.Length) + ranges.Sum(range => range.Length) + tail.Length;
        if (content is null)
        {
            return;
        }

        for (var i = 0; i < ranges.Count; i++)
        {
            http.Response.BodyWriter.Write(heads[i]);
            await body.WriteAsync(http, content, ranges[i]);
        }

        await http.Response.BodyWriter.WriteAsync(tail, http.RequestAborted);
    }
}
