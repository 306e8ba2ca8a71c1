using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Registry.Protocol;

/// <summary>JSON answers with an exact type and length.</summary>
internal static class JsonResponse
{
    /// <summary>Media types keep their "+": these answers are never part of a page.</summary>
    public static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Task WriteAsync(HttpContext http, Action<Utf8JsonWriter> write, string contentType = "application/json")
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            write(json);
        }

        http.Response.ContentType = contentType;
        http.Response.ContentLength = buffer.WrittenCount;
        return HttpMethods.IsHead(http.Request.Method) ? Task.CompletedTask : http.Response.Body.WriteAsync(buffer.WrittenMemory).AsTask();
    }
}
