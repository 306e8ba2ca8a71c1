using System.Globalization;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Win32.SafeHandles;
using Registry.Connections;
using Registry.Storage.Objects;
using Registry.Storage.Oci;

namespace Registry.Replicas;

/// <summary>
/// <c>GET /internal/objects/{id}?from=N</c>: the bytes of an object that this replica is writing, from an offset on, as they arrive and
/// until it is whole. An answer that ends is the whole object; one that breaks off has to be asked for again, here or elsewhere. What it
/// is, is only known when its digest has been compared, which is for whoever reads it.
/// </summary>
internal sealed class InternalObjects(GrowingObjects objects, InternalTokens tokens, StallTimeout stall)
{
    private const string Scheme = "Bearer ";
    private const int Step = 64 << 10;

    public async Task ServeAsync(HttpContext http, string id)
    {
        if (!await IsAllowedAsync(http, id))
        {
            http.Response.StatusCode = StatusCodes.Status401Unauthorized;
            http.Response.Headers.WWWAuthenticate = Scheme.TrimEnd();
            http.Response.ContentLength = 0;
            return;
        }

        var from = Offset(http.Request.Query["from"]);
        using var reader = objects.Follow(id);
        if (reader is null)
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        if (from < reader.From || from > reader.Length)
        {
            http.Response.StatusCode = StatusCodes.Status416RangeNotSatisfiable;
            http.Response.ContentLength = 0;
            return;
        }

        http.Response.ContentType = "application/octet-stream";
        await http.Response.StartAsync(http.RequestAborted);
        await http.Response.BodyWriter.FlushAsync(http.RequestAborted);
        while (await reader.WaitBeyondAsync(from, http.RequestAborted))
        {
            from += await SendAsync(http, reader.File, from, (int)Math.Min(reader.Length - from, Step));
        }

        if (!reader.IsComplete)
        {
            http.Abort(); // it must not look whole
        }
    }

    private ValueTask<bool> IsAllowedAsync(HttpContext http, string id)
    {
        var header = http.Request.Headers.Authorization.ToString();
        return header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? tokens.AllowsAsync(header.AsMemory(Scheme.Length), id) : new(false);
    }

    private static long Offset(string? text) => text is null ? 0
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var from) ? from
        : throw new OciException(OciError.RequestInvalid, "from is no offset");

    private async Task<int> SendAsync(HttpContext http, SafeFileHandle file, long from, int step)
    {
        var writer = http.Response.BodyWriter;
        var count = RandomAccess.Read(file, writer.GetMemory(step).Span[..step], from);
        if (count == 0)
        {
            throw new IOException("the object is shorter than its writer has said: it was taken back");
        }

        writer.Advance(count);
        var flush = writer.FlushAsync(http.RequestAborted).Preserve();
        await stall.WaitAsync(flush, http.Features.Get<IConnectionSocketFeature>()?.Socket);
        return flush.Result.IsCompleted ? throw new OperationCanceledException("the other replica has gone") : count;
    }
}
