using System.IO.Compression;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Registry.Tests.Upstreams;

/// <summary>Answers one request below <c>/v2/</c> with what a <see cref="HostileUpstream"/> has, and with its faults.</summary>
internal sealed class UpstreamAnswerWriter(HostileUpstream upstream, HttpContext context, SeenRequest seen)
{
    private readonly UpstreamFaults _faults = upstream.Faults;

    private readonly HttpResponse _response = context.Response;

    public Task AnswerAsync()
    {
        var (repository, kind, reference) = Split(context.Request.Path.Value!["/v2/".Length..]);
        if (!upstream.Tokens.Allows(context, repository))
        {
            return Task.CompletedTask;
        }

        var status = _faults.Status ?? (_faults.RefusesHead && HttpMethods.IsHead(context.Request.Method) ? System.Net.HttpStatusCode.MethodNotAllowed : null);
        if (status is not null)
        {
            _response.Headers.RetryAfter = _faults.RetryAfter;
            return StatusAsync((int)status);
        }

        return kind switch
        {
            "manifests" => ManifestAsync(repository, reference),
            "blobs" => BlobAsync(reference),
            "tags" => _response.WriteAsJsonAsync(new { name = repository, tags = upstream.Content.Tags(repository) }),
            _ when repository.Length == 0 => _response.WriteAsync("{}"),
            _ => StatusAsync(StatusCodes.Status404NotFound),
        };
    }

    // From the right: names have slashes.
    private static (string Repository, string Kind, string Reference) Split(string path)
    {
        var parts = path.Split('/');
        return parts.Length < 3 ? ("", "", "") : (string.Join('/', parts[..^2]), parts[^2], parts[^1]);
    }

    private Task ManifestAsync(string repository, string reference)
    {
        if (_faults.RateLimit is var (limit, remaining))
        {
            _response.Headers["ratelimit-limit"] = limit;
            _response.Headers["ratelimit-remaining"] = remaining;
        }

        return _faults.ManifestRedirect(context.Request.Path) is { } location ? RedirectAsync(location)
            : upstream.Content.Manifest(repository, reference) is { } manifest ? SendAsync(manifest.Content, manifest.MediaType, manifest.Digest)
            : StatusAsync(StatusCodes.Status404NotFound);
    }

    private Task BlobAsync(string digest) =>
        _faults.BlobRedirect(context.Request.Path) is { } location ? RedirectAsync(location)
        : upstream.Content.Blob(digest) is { } blob ? SendAsync(blob, "application/octet-stream", digest)
        : StatusAsync(StatusCodes.Status404NotFound);

    private Task StatusAsync(int status)
    {
        _response.StatusCode = status;
        return Task.CompletedTask;
    }

    private Task RedirectAsync(string location)
    {
        _response.Headers.Location = location;
        return StatusAsync(StatusCodes.Status307TemporaryRedirect);
    }

    private Task SendAsync(byte[] content, string mediaType, string digest)
    {
        _response.ContentType = mediaType;
        if (!_faults.HidesDigest)
        {
            _response.Headers["Docker-Content-Digest"] = digest;
            _response.Headers.ETag = $"\"{digest}\"";
        }

        if (context.Request.Headers.IfNoneMatch.ToString() is { Length: > 0 } validator && validator.Contains(digest, StringComparison.Ordinal))
        {
            return StatusAsync(StatusCodes.Status304NotModified);
        }

        return WriteAsync(Ranged(Spoilt(content)));
    }

    private byte[] Spoilt(byte[] content)
    {
        var spoilt = (byte[])content.Clone();
        if (_faults.FlipsBit && spoilt.Length > 0)
        {
            spoilt[^1] ^= 1;
        }

        if (!_faults.Gzip)
        {
            return spoilt;
        }

        _response.Headers.ContentEncoding = "gzip";
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest))
        {
            gzip.Write(spoilt);
        }

        return compressed.ToArray();
    }

    private byte[] Ranged(byte[] content)
    {
        if (_faults.IgnoresRange || context.Request.GetTypedHeaders().Range is not { Unit.Value: "bytes" } range || range.Ranges.Single().From is not { } from)
        {
            return content;
        }

        if (from >= content.Length)
        {
            _response.StatusCode = StatusCodes.Status416RangeNotSatisfiable;
            return [];
        }

        var to = Math.Min(range.Ranges.Single().To ?? long.MaxValue, content.Length - 1);
        _response.StatusCode = StatusCodes.Status206PartialContent;
        _response.GetTypedHeaders().ContentRange = new ContentRangeHeaderValue(from, to, content.Length);
        return content[(int)from..(int)(to + 1)];
    }

    private async Task WriteAsync(byte[] content)
    {
        var body = _faults.Appends == 0 ? content : [.. content, .. new byte[_faults.Appends]];
        _response.ContentLength = _faults.Chunked ? null : _faults.ContentLength ?? body.Length;
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        if (_faults.StopAfter is { } stop && stop < body.Length)
        {
            await SendAsync(body.AsMemory(0, stop));
            await _faults.WaitAsync(context.RequestAborted);
            body = body[stop..];
        }

        // What is left of the length, or of the chunk, never comes: the connection ends, with all bytes before that on their way.
        var cut = _faults.CutEvery is { } every && every < body.Length ? every : body.Length;
        if (cut < body.Length && _faults.Chunked)
        {
            _response.Headers.TransferEncoding = "chunked";
            _response.Headers.Connection = "close";
            await _response.WriteAsync($"{body.Length:x}\r\n", context.RequestAborted);
        }

        await SendAsync(body.AsMemory(0, cut));
    }

    private async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        await _response.Body.WriteAsync(bytes, context.RequestAborted);
        await _response.Body.FlushAsync(context.RequestAborted);
        seen.Sent(bytes.Length);
    }
}
