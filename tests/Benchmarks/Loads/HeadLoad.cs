using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Registry.Benchmarks.Loads;

/// <summary>
/// HEAD requests from one thread. wrk can not send them: it waits for the body that Content-Length announces. The loop makes
/// the same system calls as wrk does and allocates nothing.
/// </summary>
internal static class HeadLoad
{
    private const short Readable = 1;

    public static LoadResult Run(int port, IReadOnlyList<string> targets, int connections, TimeSpan length)
    {
        byte[][] requests = [.. targets.Select(target => Request(port, target))];
        Socket[] sockets = [.. Enumerable.Range(0, connections).Select(_ => Connect(port))];
        try
        {
            return Drive(sockets, requests, length);
        }
        finally
        {
            Array.ForEach(sockets, socket => socket.Dispose());
        }
    }

    private static LoadResult Drive(Socket[] sockets, byte[][] requests, TimeSpan length)
    {
        PollEntry[] entries = [.. sockets.Select(socket => new PollEntry { Descriptor = (int)socket.Handle, Events = Readable })];
        var buffer = new byte[16 * 1024];
        long answered = 0;
        long errors = 0;
        var next = 0;
        var started = Stopwatch.GetTimestamp();
        Array.ForEach(sockets, socket => socket.Send(requests[next++ % requests.Length]));
        var elapsed = TimeSpan.Zero;
        while (elapsed < length)
        {
            if (NativeMethods.Poll(entries, (nuint)entries.Length, timeout: 2000) == 0)
            {
                throw new BenchmarkException("No HEAD request was answered for two seconds.");
            }

            for (var index = 0; index < entries.Length; index++)
            {
                if (entries[index].Returned == 0)
                {
                    continue;
                }

                var answer = Receive(sockets[index], buffer);
                answered++;
                errors += answer[9..12].SequenceEqual("200"u8) ? 0 : 1;
                sockets[index].Send(requests[next++ % requests.Length]);
            }

            elapsed = Stopwatch.GetElapsedTime(started);
        }

        return new LoadResult(answered, errors, elapsed.TotalSeconds);
    }

    /// <summary>One answer: a header without a body. It nearly always comes in one piece.</summary>
    private static ReadOnlySpan<byte> Receive(Socket socket, byte[] buffer)
    {
        var filled = 0;
        while (!buffer.AsSpan(0, filled).EndsWith("\r\n\r\n"u8))
        {
            var read = socket.Receive(buffer.AsSpan(filled));
            filled += read > 0 ? read : throw new IOException("The server closed the connection.");
        }

        return buffer.AsSpan(0, filled);
    }

    private static Socket Connect(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(IPAddress.Loopback, port);
        return socket;
    }

    private static byte[] Request(int port, string target) =>
        Encoding.ASCII.GetBytes($"HEAD {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n");
}
