using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Registry.Benchmarks.Http;

/// <summary>
/// One kept-alive HTTP/1.1 connection with blocking reads. It does no more than a measurement needs, so that the client
/// takes little of the machine from the servers.
/// </summary>
internal sealed class HttpConnection : IDisposable
{
    private const int HangGuardMilliseconds = 120_000;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly Socket _socket;
    private readonly string _host;
    private int _start;
    private int _end;

    private HttpConnection(Socket socket, int port)
    {
        _socket = socket;
        _host = $"127.0.0.1:{port}";
    }

    public static HttpConnection Open(int port)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
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
        string length = method is "GET" or "HEAD" ? "" : $"Content-Length: {body.Length}\r\n";
        byte[] head = Head(method, target, fields + length);
        byte[] request = new byte[head.Length + body.Length];
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
            bytes = bytes[_socket.Send(bytes)..];
        }
    }

    public HttpAnswer ReadAnswer(bool hasBody = true)
    {
        string header = ReadHeader();
        int status = int.Parse(header.AsSpan(9, 3));
        HttpAnswer answer = new(status, header, []);
        return hasBody && status != 204 ? answer with { Body = ReadBody(answer) } : answer;
    }

    /// <summary>Reads the header of an answer and lets the kernel throw its body away uncopied; returns the body's length.</summary>
    public long ReadAndDiscard(byte[] scratch)
    {
        HttpAnswer answer = new(200, ReadHeader(), []);
        if (!answer.Header.StartsWith("HTTP/1.1 200", StringComparison.Ordinal))
        {
            throw new BenchmarkException($"A pull was answered with {answer.Header}");
        }

        long length = long.Parse(answer.Field("Content-Length") ?? throw new BenchmarkException("A pull without Content-Length."));
        long left = length - (_end - _start);
        _start = _end = 0;
        while (left > 0)
        {
            // MSG_TRUNC on TCP: the bytes are consumed, not copied.
            int read = _socket.Receive(scratch, 0, (int)Math.Min(scratch.Length, left), SocketFlags.Truncated);
            left -= read > 0 ? read : throw new IOException("The server closed the connection within a body.");
        }

        return length;
    }

    /// <summary>Reads the header of an answer only; what follows stays unread.</summary>
    public string ReadHeader()
    {
        int searched = 0;
        while (true)
        {
            int found = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf("\r\n\r\n"u8);
            if (found >= 0)
            {
                int length = searched + found + 4;
                string header = Encoding.Latin1.GetString(_buffer, _start, length);
                _start += length;
                return header;
            }

            searched = Math.Max(0, _end - _start - 3);
            Fill();
        }
    }

    public void Dispose() => _socket.Dispose();

    private byte[] Head(string method, string target, string fields) =>
        Encoding.ASCII.GetBytes($"{method} {target} HTTP/1.1\r\nHost: {_host}\r\n{fields}\r\n");

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
        using MemoryStream body = new();
        while (true)
        {
            string line = ReadLine();
            _ = Utf8Parser.TryParse(Encoding.ASCII.GetBytes(line), out int length, out int _, 'x');
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
        while ((length = _buffer.AsSpan(_start, _end - _start).IndexOf("\r\n"u8)) < 0)
        {
            Fill();
        }

        string line = Encoding.ASCII.GetString(_buffer, _start, length);
        _start += length + 2;
        return line;
    }

    private byte[] ReadBytes(int length)
    {
        byte[] bytes = new byte[length];
        int done = 0;
        while (done < length)
        {
            if (_start == _end)
            {
                Fill();
            }

            int step = Math.Min(length - done, _end - _start);
            _buffer.AsSpan(_start, step).CopyTo(bytes.AsSpan(done));
            _start += step;
            done += step;
        }

        return bytes;
    }

    private void Fill()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        int read = _socket.Receive(_buffer.AsSpan(_end));
        _end += read > 0 ? read : throw new IOException("The server closed the connection.");
    }
}
