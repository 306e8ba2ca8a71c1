using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Registry.Protocol;

namespace Registry.Telemetry;

/// <summary>Counts every request, and writes one line of JSON for it.</summary>
internal sealed class AccessLogMiddleware(RequestDelegate next, RequestMetrics metrics, AccessLog? log)
{
    private const int MaxText = 1024;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? buffer;

    [ThreadStatic]
    private static Utf8JsonWriter? json;

    public async Task InvokeAsync(HttpContext http)
    {
        var started = Stopwatch.GetTimestamp();
        var target = http.Features.Get<IHttpRequestFeature>()!.RawTarget;
        try
        {
            await next(http);
        }
        finally
        {
            var elapsed = Stopwatch.GetElapsedTime(started);
            metrics.Count(http, elapsed);
            if (log is not null)
            {
                Write(log, http, target, elapsed);
            }
        }
    }

    private static void Write(AccessLog log, HttpContext http, string target, TimeSpan elapsed)
    {
        buffer ??= new ArrayBufferWriter<byte>(512);
        json ??= new Utf8JsonWriter(buffer, JsonResponse.Options with { SkipValidation = true });
        buffer.ResetWrittenCount();
        json.Reset(buffer);
        var (request, response) = (http.Request, http.Response);
        json.WriteStartObject();
        Span<char> time = stackalloc char[32];
        DateTime.UtcNow.TryFormat(time, out var length, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        json.WriteString("time"u8, time[..length]);
        json.WriteString("id"u8, http.TraceIdentifier);
        json.WriteString("peer"u8, http.Connection.RemoteIpAddress?.ToString());
        json.WriteString("method"u8, Cut(request.Method));
        json.WriteString("target"u8, Cut(target));
        json.WriteNumber("status"u8, http.RequestAborted.IsCancellationRequested && !response.HasStarted ? 499 : response.StatusCode);
        json.WriteNumber("received"u8, request.ContentLength ?? 0);
        json.WriteNumber("sent"u8, HttpMethods.IsHead(request.Method) ? 0 : response.ContentLength ?? 0);
        json.WriteNumber("ms"u8, Math.Round(elapsed.TotalMilliseconds, 3));
        json.WriteString("agent"u8, Cut(request.Headers.UserAgent.ToString()));
        json.WriteEndObject();
        json.Flush();
        buffer.GetSpan(1)[0] = (byte)'\n';
        buffer.Advance(1);
        log.Append(buffer.WrittenSpan);
    }

    private static ReadOnlySpan<char> Cut(string text) => text.AsSpan(0, Math.Min(text.Length, MaxText));
}
