using System.Buffers;
using System.Text.Json;
using Registry.Storage.Oci;

namespace Registry.Protocol;

/// <summary>The body of every error (distribution-spec, "Error Codes").</summary>
internal static class ErrorEnvelope
{
    /// <summary>Answers with an error and, for each of <paramref name="details"/>, an entry of its own.</summary>
    public static Task WriteAsync(HttpContext http, OciError error, string? message = null, params IReadOnlyList<string> details)
    {
        var response = http.Response;
        response.StatusCode = error.Status;
        response.ContentType = "application/json";
        if (error.Status == StatusCodes.Status400BadRequest)
        {
            // What this server finds malformed, a proxy in front may have read differently: nothing may follow on this connection.
            response.Headers.Connection = "close";
        }
        else if (error.Status is StatusCodes.Status503ServiceUnavailable)
        {
            response.Headers.RetryAfter = "5";
        }

        if (HttpMethods.IsHead(http.Request.Method))
        {
            return Task.CompletedTask;
        }

        var body = BodyOf(error, message ?? error.Message, details);
        response.ContentLength = body.Length;
        return response.Body.WriteAsync(body).AsTask();
    }

    /// <summary>
    /// Loads what an answer needs, at the start: a process that is out of descriptors cannot load an assembly, and would stay
    /// unable to say so.
    /// </summary>
    public static void Prepare() => BodyOf(OciError.Unavailable, OciError.Unavailable.Message, []);

    private static ReadOnlyMemory<byte> BodyOf(OciError error, string message, IReadOnlyList<string> details)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using var json = new Utf8JsonWriter(buffer, JsonResponse.Options);
        Write(json, error, message, details);
        json.Flush();
        return buffer.WrittenMemory;
    }

    private static void Write(Utf8JsonWriter json, OciError error, string message, IReadOnlyList<string> details)
    {
        json.WriteStartObject();
        json.WriteStartArray("errors");
        for (var i = 0; i < Math.Max(1, details.Count); i++)
        {
            json.WriteStartObject();
            json.WriteString("code", error.Code);
            json.WriteString("message", message);
            if (i < details.Count)
            {
                json.WriteString("detail", details[i]);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
