using Microsoft.AspNetCore.Connections;
using Registry.Access;
using Registry.Storage.Metadata;
using Registry.Storage.Oci;
using Registry.Storage.Uploads;

namespace Registry.Protocol;

/// <summary>The one place that turns a failure into a response. What nobody expected is logged here, once.</summary>
internal sealed partial class ErrorMiddleware(RequestDelegate next, Database database, Refusal refusal, ILogger<ErrorMiddleware> logger)
{
    // errno of "no space left on device" and "disk quota exceeded".
    private const int NoSpace = 28;
    private const int NoQuota = 122;

    public async Task InvokeAsync(HttpContext http)
    {
        SetVersion(http);
        try
        {
            await next(http);
            await DescribeAsync(http);
        }
#pragma warning disable CA1031 // the last resort of every request
        catch (Exception e)
#pragma warning restore CA1031
        {
            await AnswerAsync(http, e);
        }
    }

    private static void SetVersion(HttpContext http)
    {
        if (http.Request.Path.StartsWithSegments("/v2", StringComparison.Ordinal))
        {
            http.Response.Headers[OciHeaders.ApiVersion] = "registry/2.0";
        }
    }

    /// <summary>Gives the answers of routing itself (404, 405) the protocol's envelope.</summary>
    private static Task DescribeAsync(HttpContext http)
    {
        var response = http.Response;
        if (response.HasStarted || response.ContentLength is not null || response.ContentType is not null)
        {
            return Task.CompletedTask;
        }

        return response.StatusCode switch
        {
            StatusCodes.Status404NotFound => ErrorEnvelope.WriteAsync(http, OciError.NotFound),
            StatusCodes.Status405MethodNotAllowed => ErrorEnvelope.WriteAsync(
                http, OciError.Unsupported, $"{http.Request.Method} is not supported here; allowed are {response.Headers.Allow}"),
            _ => Task.CompletedTask,
        };
    }

    private Task AnswerAsync(HttpContext http, Exception exception)
    {
        // The client has gone, has stopped taking its download, or has lost its upload to another connection of its own.
        if (http.RequestAborted.IsCancellationRequested || exception is ConnectionResetException or OperationCanceledException or TimeoutException)
        {
            http.Abort();
            return Task.CompletedTask;
        }

        if (exception is AccessRefusedException refused && !http.Response.HasStarted)
        {
            // As all other errors have it: without, what is hidden could be told from what is missing.
            http.Response.Headers["X-Request-Id"] = http.TraceIdentifier;
            return refusal.WriteAsync(http, refused);
        }

        var (error, message, details) = Describe(exception);
        if (error.Status >= StatusCodes.Status500InternalServerError)
        {
            LogFailure(exception, http.TraceIdentifier, http.Request.Method, error.Status);
        }

        if (http.Response.HasStarted)
        {
            // A body that cannot be finished must not look finished.
            http.Abort();
            return Task.CompletedTask;
        }

        http.Response.Clear();
        SetVersion(http);
        http.Response.Headers["X-Request-Id"] = http.TraceIdentifier;
        if (exception is UploadConflictException conflict)
        {
            UploadHeaders.Set(http, conflict.Position);
        }

        return ErrorEnvelope.WriteAsync(http, error, message, details);
    }

    private (OciError Error, string? Message, IReadOnlyList<string> Details) Describe(Exception exception) => exception switch
    {
        OciException e => (e.Error, e.Message, e.Details),
        UploadConflictException e => (OciError.BlobUploadInvalid, e.Message, []),
        BadHttpRequestException { StatusCode: StatusCodes.Status400BadRequest } e => (OciError.SizeInvalid, e.Message, []),
        BadHttpRequestException e => (OciError.RequestInvalid with { Status = e.StatusCode }, e.Message, []),
        _ when IsBrokenChunk(exception) => (OciError.SizeInvalid, "the chunks of the body are malformed", []),
        IOException { HResult: NoSpace or NoQuota } => (OciError.StorageFull, null, []),
        IOException => (OciError.Unavailable, null, []),
        _ => (database.Classify(exception) ?? OciError.Unknown, null, []),
    };

    // What Kestrel does not report as a bad request: the size of a chunk fits in no number; a trailer has a NUL or is no UTF-8.
    private static bool IsBrokenChunk(Exception exception) =>
        exception is IOException { InnerException: OverflowException }
        or InvalidOperationException { Source: "Microsoft.AspNetCore.Server.Kestrel.Core" };

    [LoggerMessage(Level = LogLevel.Error, Message = "Request {RequestId} ({Method}) failed with {Status}")]
    private partial void LogFailure(Exception exception, string requestId, string method, int status);
}
