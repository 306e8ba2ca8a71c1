using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Text;

namespace Registry.Tests;

/// <summary>
/// HTTP/1.1 over a bare socket: sends exactly the bytes it is given and cuts connections in every way, for what no client
/// library would send.
/// </summary>
public sealed class RawHttp : IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly NetworkStream _stream;
    private readonly PipeReader _reader;
    private readonly string _host;

    private RawHttp(Socket socket, string host)
    {
        _host = host;
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
        _reader = PipeReader.Create(_stream);
    }

    public static async Task<RawHttp> ConnectAsync(Uri address)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(address.Host, address.Port).WaitAsync(Eventually.Guard);
        return new RawHttp(socket, address.Authority);
    }

    /// <summary>One request on a connection of its own. Lines end in \n here and in \r\n on the wire.</summary>
    public static async Task<RawResponse> RequestAsync(Uri address, string head, byte[]? body = null)
    {
        await using var connection = await ConnectAsync(address);
        await connection.SendHeadAsync(head);
        if (body is not null)
        {
            await connection.SendAsync(body);
        }

        return await connection.ReadResponseAsync(toHead: head.StartsWith("HEAD ", StringComparison.Ordinal));
    }

    /// <summary>Sends a request line and headers, adds Host where none is given, and the empty line that ends them.</summary>
    public Task SendHeadAsync(string head)
    {
        var lines = head.TrimEnd('\n').ReplaceLineEndings("\n").Split('\n').ToList();
        if (!lines.Any(line => line.StartsWith("Host:", StringComparison.OrdinalIgnoreCase)))
        {
            lines.Insert(1, $"Host: {_host}");
        }

        return SendAsync(Encoding.Latin1.GetBytes(string.Concat(lines.Select(line => line + "\r\n")) + "\r\n"));
    }

    public async Task SendAsync(ReadOnlyMemory<byte> bytes) => await _stream.WriteAsync(bytes).AsTask().WaitAsync(Eventually.Guard);

    /// <summary>The next response; pipelined responses come one by one. A response to HEAD has no body to read.</summary>
    public async Task<RawResponse> ReadResponseAsync(bool toHead = false)
    {
        var status = (await ReadLineAsync()).Split(' ', 3);
        var headers = new List<KeyValuePair<string, string>>();
        while (await ReadLineAsync() is { Length: > 0 } line)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            headers.Add(new(line[..colon], line[(colon + 1)..].Trim()));
        }

        var response = new RawResponse(int.Parse(status[1], CultureInfo.InvariantCulture), status.ElementAtOrDefault(2) ?? "", headers, []);
        var bodyless = toHead || response.Status is < 200 or 204 or 304;
        return bodyless ? response : response with { Body = await ReadBodyAsync(response) };
    }

    /// <summary>True when the server has closed the connection without sending more.</summary>
    public async Task<bool> IsClosedAsync()
    {
        try
        {
            var result = await _reader.ReadAsync().AsTask().WaitAsync(Eventually.Guard);
            _reader.AdvanceTo(result.Buffer.Start);
            return result.IsCompleted && result.Buffer.IsEmpty;
        }
        catch (IOException)
        {
            return true;
        }
    }

    /// <summary>How many bytes come before the server ends the connection, in whatever way; no more than so many are waited for.</summary>
    public async Task<long> CountAsync(long most)
    {
        var count = 0L;
        try
        {
            while (count < most && await _reader.ReadAsync().AsTask().WaitAsync(Eventually.Guard) is { Buffer.IsEmpty: false } result)
            {
                count += result.Buffer.Length;
                _reader.AdvanceTo(result.Buffer.End);
            }
        }
        catch (IOException)
        {
            // Reset: what had come has been counted.
        }

        return count;
    }

    /// <summary>Ends the sending half; the response can still be read.</summary>
    public void EndSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Cuts the connection with RST: what was sent and not yet read by the server may be lost.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(enable: true, seconds: 0);
        _socket.Close();
    }

    public async ValueTask DisposeAsync()
    {
        await _reader.CompleteAsync();
        await _stream.DisposeAsync();
    }

    private async Task<byte[]> ReadBodyAsync(RawResponse response)
    {
        if (response.Header("Transfer-Encoding") is "chunked")
        {
            using var body = new MemoryStream();
            while (int.Parse(await ReadLineAsync(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) is > 0 and var size)
            {
                body.Write(await ReadBytesAsync(size));
                await ReadLineAsync();
            }

            await ReadLineAsync();
            return body.ToArray();
        }

        return response.Header("Content-Length") is { } length
            ? await ReadBytesAsync(int.Parse(length, CultureInfo.InvariantCulture))
            : await ReadToEndAsync();
    }

    private async Task<string> ReadLineAsync()
    {
        while (true)
        {
            var result = await _reader.ReadAsync().AsTask().WaitAsync(Eventually.Guard);
            if (result.Buffer.PositionOf((byte)'\n') is { } end)
            {
                var line = Encoding.Latin1.GetString(result.Buffer.Slice(0, end)).TrimEnd('\r');
                _reader.AdvanceTo(result.Buffer.GetPosition(1, end));
                return line;
            }

            if (result.IsCompleted)
            {
                throw new EndOfStreamException("The server closed the connection within a line.");
            }

            _reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }

    private async Task<byte[]> ReadBytesAsync(int count)
    {
        if (count is 0)
        {
            return [];
        }

        var result = await _reader.ReadAtLeastAsync(count).AsTask().WaitAsync(Eventually.Guard);
        if (result.Buffer.Length < count)
        {
            throw new EndOfStreamException($"The server closed the connection {count - result.Buffer.Length} bytes early.");
        }

        var taken = result.Buffer.Slice(0, count);
        var bytes = taken.ToArray();
        _reader.AdvanceTo(taken.End);
        return bytes;
    }

    private async Task<byte[]> ReadToEndAsync()
    {
        using var body = new MemoryStream();
        await _reader.CopyToAsync(body).WaitAsync(Eventually.Guard);
        return body.ToArray();
    }
}
