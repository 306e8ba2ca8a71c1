using System.Net;

namespace Registry.Tests.Mirror;

/// <summary>A client in the middle of a blob: it compares what comes with what should come, as far as it is told to read.</summary>
internal sealed class BlobReader : IDisposable
{
    private readonly HttpResponseMessage _response;
    private readonly Stream _body;
    private readonly byte[] _content;
    private readonly byte[] _buffer = new byte[64 << 10];

    private BlobReader(HttpResponseMessage response, Stream body, byte[] content, long position) =>
        (_response, _body, _content, Position) = (response, body, content, position);

    /// <summary>The next byte of the blob that it wants.</summary>
    public long Position { get; private set; }

    /// <summary>Asks for a blob, from an offset on, and waits for the headers of the answer.</summary>
    public static async Task<BlobReader> OpenAsync(HttpClient client, string repository, byte[] content, long from = 0)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"v2/{repository}/blobs/{Oci.Digest(content)}");
        request.Headers.Range = from > 0 ? new(from, null) : null;
        var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await OciAssert.StatusAsync(response, from > 0 ? HttpStatusCode.PartialContent : HttpStatusCode.OK);
        Assert.Equal(content.Length - from, response.Content.Headers.ContentLength);
        return new BlobReader(response, await response.Content.ReadAsStreamAsync(), content, from);
    }

    /// <summary>Reads on, up to this position.</summary>
    public async Task ReadAsync(long to)
    {
        while (Position < to)
        {
            var count = await _body.ReadAsync(_buffer.AsMemory(0, (int)Math.Min(_buffer.Length, to - Position))).AsTask().WaitAsync(Eventually.Guard);
            Assert.True(count > 0, $"the body ended after {Position} of {_content.Length} bytes as if it were whole");
            Assert.True(_buffer.AsSpan(0, count).SequenceEqual(_content.AsSpan((int)Position, count)), $"other bytes than there should be, at {Position}");
            Position += count;
        }
    }

    public async Task ReadToEndAsync()
    {
        await ReadAsync(_content.Length);
        Assert.Equal(0, await _body.ReadAsync(_buffer));
    }

    /// <summary>Reads until the answer breaks off, which it has to do before its last byte; returns where.</summary>
    public async Task<long> ReadToBreakAsync()
    {
        try
        {
            await ReadAsync(_content.Length);
        }
        catch (IOException)
        {
            return Position;
        }

        throw new Xunit.Sdk.XunitException("the whole body came");
    }

    public void Dispose() => _response.Dispose();
}
