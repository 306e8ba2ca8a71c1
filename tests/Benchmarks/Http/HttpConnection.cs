using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Registry.Benchmarks.Http;

/// <summary>
/// One kept-alive HTTP/1.1 connection with blocking reads. It does no more than a measurement needs, so that the client
/// takes little of the machine from the servers.
/// </summary>
internal sealed class HttpConnection(Socket socket, int port) : IDisposable
{
    private const int HangGuardMilliseconds = 120_000;
    private readonly byte[] buffer = new byte[64 * 1024];
    private readonly string host = $"127.0.0.1:{port}";
    private int start;
    private int end;

    public static HttpConnection Open(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
            ReceiveTimeout = HangGuardMilliseconds,
            SendTimeout = HangGuardMilliseconds,
        };
        try
        {
            socket.Connect(IPAddress.Loopback, port);
            return new HttpConnection(socket, port);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Sends a request without a body and reads its answer.</summary>
    public HttpAnswer Send(string method, string target) => Send(method, target, "", []);

    /// <summary>Sends a request in one piece and reads its answer.</summary>
    public HttpAnswer Send(string method, string target, string fields, ReadOnlySpan<byte> body)
    {
        var length = method is "GET" or "HEAD" ? "" : $"Content-Length: {body.Length}\r\n";
        var head = Head(method, target, fields + length);
        var request = new byte[head.Length + body.Length];
        head.CopyTo(request, 0);
        body.CopyTo(request.AsSpan(head.Length));
        Write(request);
        return ReadAnswer(hasBody: method != "HEAD");
    }

    /// <summary>Sends the header of a request; the caller writes the body and reads the answer.</summary>
    public void Begin(string method, string target, string fields) => Write(Head(method, target, fields));

    public void Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[socket.Send(bytes)..];
        }
    }

    public HttpAnswer ReadAnswer(bool hasBody = true)
    {
        var header = ReadHeader();
        var status = int.Parse(header.AsSpan(9, 3));
        var answer = new HttpAnswer(status, header, []);
        return hasBody && status != 204 ? answer with { Body = ReadBody(answer) } : answer;
    }

    /// <summary>Reads the header of an answer and lets the kernel throw its body away uncopied; returns the body's length.</summary>
    /// <param name="scratch">What the kernel is told to fill.</param>
    /// <param name="begun">Called when the answer has begun to come.</param>
    public long ReadAndDiscard(byte[] scratch, Action? begun = null)
    {
        var answer = new HttpAnswer(200, ReadHeader(), []);
        begun?.Invoke();
        if (!answer.Header.StartsWith("HTTP/1.1 200", StringComparison.Ordinal))
        {
            throw new BenchmarkException($"A pull was answered with {answer.Header}");
        }

        var length = long.Parse(answer.Field("Content-Length") ?? throw new BenchmarkException("A pull without Content-Length."));
        var left = length - (end - start);
        start = end = 0;
        while (left > 0)
        {
            // MSG_TRUNC on TCP: the bytes are consumed, not copied.
            var read = socket.Receive(scratch, 0, (int)Math.Min(scratch.Length, left), SocketFlags.Truncated);
            left -= read > 0 ? read : throw new IOException("The server closed the connection within a body.");
        }

        return length;
    }

    /// <summary>Reads the header of an answer only; what follows stays unread.</summary>
    public string ReadHeader()
    {
        var searched = 0;
        while (true)
        {
            var found = buffer.AsSpan(start + searched, end - start - searched).IndexOf("\r\n\r\n"u8);
            if (found >= 0)
            {
                var length = searched + found + 4;
                var header = Encoding.Latin1.GetString(buffer, start, length);
                start += length;
                return header;
            }

            searched = Math.Max(0, end - start - 3);
            Fill();
        }
    }

    public void Dispose() => socket.Dispose();

    private byte[] Head(string method, string target, string fields) =>
        Encoding.ASCII.GetBytes($"{method} {target} HTTP/1.1\r\nHost: {host}\r\n{fields}\r\n");

    private byte[] ReadBody(HttpAnswer answer)
    {
        if (answer.Field("Content-Length") is { } length)
        {
            return ReadBytes(int.Parse(length));
        }

        return answer.Field("Transfer-Encoding") is null ? [] : ReadChunks();
    }

    private byte[] ReadChunks()
    {
        using var body = new MemoryStream();
        while (true)
        {
            var line = ReadLine();
            _ = Utf8Parser.TryParse(Encoding.ASCII.GetBytes(line), out int length, out var _, 'x');
            body.Write(ReadBytes(length));
            ReadLine();
            if (length == 0)
            {
                return body.ToArray();
            }
        }
    }

    private string ReadLine()
    {
        int length;
        while ((length = buffer.AsSpan(start, end - start).IndexOf("\r\n"u8)) < 0)
        {
            Fill();
        }

        var line = Encoding.ASCII.GetString(buffer, start, length);
        start += length + 2;
        return line;
    }

    private byte[] ReadBytes(int length)
    {
        var bytes = new byte[length];
        var done = 0;
        while (done < length)
        {
            if (start == end)
            {
                Fill();
            }

            var step = Math.Min(length - done, end - start);
            buffer.AsSpan(start, step).CopyTo(bytes.AsSpan(done));
            start += step;
            done += step;
        }

        return bytes;
    }

    private void Fill()
    {
        if (start > 0)
        {
            buffer.AsSpan(start, end - start).CopyTo(buffer);
            end -= start;
            start = 0;
        }

        var read = socket.Receive(buffer.AsSpan(end));
        end += read > 0 ? read : throw new IOException("The server closed the connection.");
    }
}
