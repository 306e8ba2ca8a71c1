using System.Net.Http.Headers;

namespace Registry.Tests.Wire;

/// <summary>Sends requests as written, follows nothing, and reads answers to their end.</summary>
internal static class Http
{
    public static Task<Answer> SendAsync(this HttpClient http, string method, string target, params (string Name, string Value)[] headers) =>
        http.SendAsync(method, target, body: null, headers);

    /// <summary>Headers go out unchecked: Content-Range of an upload is not the one of HTTP.</summary>
    public static async Task<Answer> SendAsync(
        this HttpClient http, string method, string target, HttpContent? body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), target) { Content = body };
        foreach (var (name, value) in headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
            {
                request.Content ??= new ByteArrayContent([]);
                request.Content.Headers.Remove(name);
                Assert.True(request.Content.Headers.TryAddWithoutValidation(name, value), $"cannot send {name}");
            }
        }

        return await Answer.ReadAsync(await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead));
    }

    /// <summary>A body that announces its length.</summary>
    public static HttpContent Sized(ReadOnlyMemory<byte> content, string? type = "application/octet-stream")
    {
        var body = new ReadOnlyMemoryContent(content);
        body.Headers.ContentType = type is null ? null : MediaTypeHeaderValue.Parse(type);
        return body;
    }

    /// <summary>A body in chunked transfer coding.</summary>
    public static HttpContent Streamed(ReadOnlyMemory<byte> content, string? type = "application/octet-stream")
    {
        var body = new StreamContent(new Unsized(content));
        body.Headers.ContentType = type is null ? null : MediaTypeHeaderValue.Parse(type);
        return body;
    }

    // HttpClient falls back to chunked coding when a stream cannot tell its length.
    private sealed class Unsized(ReadOnlyMemory<byte> content) : Stream
    {
        private int _position;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var length = Math.Min(count, content.Length - _position);
            content.Slice(_position, length).CopyTo(buffer.AsMemory(offset));
            _position += length;
            return length;
        }

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
