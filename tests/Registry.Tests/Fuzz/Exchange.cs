using System.Buffers;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Registry.Tests.Fuzz;

/// <summary>
/// One connection: bytes are sent as they are, what comes back is read to its end and judged. The end must come soon after
/// nothing more is sent.
/// </summary>
internal sealed class Exchange(Uri address)
{
    // On a busy machine an answer takes its time; a server that hangs takes longer.
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(20);

    // How long to wait before the end is sent, where it is not known whether the server waits for more.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);

    private readonly ArrayBufferWriter<byte> _received = new();

    /// <summary>Null when the server has behaved, else what it has done.</summary>
    public string? Complaint { get; private set; }

    /// <summary>The last Location that was answered.</summary>
    public string? Location { get; private set; }

    /// <param name="bytes">What is sent.</param>
    /// <param name="cut">Where it is cut into two pieces.</param>
    /// <param name="answered">Whether an answer must come before the end is sent.</param>
    public async Task RunAsync(byte[] bytes, int cut, bool answered)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(address.Host, address.Port);
            var sending = SendAsync(socket, bytes, cut);
            if (!await ReadAsync(socket, answered ? Hang : Patience, untilAnswer: true) && answered)
            {
                Complaint = $"no answer within {Hang.TotalSeconds:0} s to a request that is complete";
                return;
            }

            await sending.WaitAsync(Hang);
            Try(() => socket.Shutdown(SocketShutdown.Send));
            if (!await ReadAsync(socket, Hang, untilAnswer: false))
            {
                Complaint = $"the connection is still open {Hang.TotalSeconds:0} s after the end of all requests";
                return;
            }
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionRefused)
        {
            Complaint = "the server is gone";
            return;
        }
        catch (TimeoutException)
        {
            Complaint = "the server takes nothing more and does not close";
            return;
        }

        Judge(answered);
    }

    private static async Task SendAsync(Socket socket, byte[] bytes, int cut)
    {
        try
        {
            await SendAllAsync(socket, bytes.AsMemory(0, cut));
            if (cut < bytes.Length)
            {
                await Task.Delay(1);
                await SendAllAsync(socket, bytes.AsMemory(cut));
            }
        }
        catch (SocketException)
        {
            // Refused before it was all sent.
        }
    }

    private static async Task SendAllAsync(Socket socket, ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            bytes = bytes[await socket.SendAsync(bytes)..];
        }
    }

    /// <summary>True at the end of the connection, or when an answer is there.</summary>
    private async Task<bool> ReadAsync(Socket socket, TimeSpan time, bool untilAnswer)
    {
        using var timeout = new CancellationTokenSource(time);
        var buffer = new byte[16 << 10];
        try
        {
            while (!untilAnswer || !HasAnswer())
            {
                var count = await socket.ReceiveAsync(buffer.AsMemory(), timeout.Token);
                if (count == 0)
                {
                    return true;
                }

                _received.Write(buffer.AsSpan(0, count));
            }

            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    private bool HasAnswer() => Answers().Any(answer => answer.Status >= 200);

    private void Judge(bool complete)
    {
        foreach (var answer in Answers())
        {
            Location = answer.Header("Location") ?? Location;

            // 501 and 505 are about what HTTP itself leaves open; 507 refuses a length, announced by mistake, for which there is no room.
            if (answer.Status is >= 500 and not (501 or 505) && (answer.Status is not 507 || complete))
            {
                Complaint = $"answered {answer}";
            }
            else if (answer.Status >= 400 && answer.Header("Content-Type") == "application/json" && answer.Body.Length > 0 && !IsEnvelope(answer.Body))
            {
                Complaint = $"the body of the error is not the protocol's: {answer}";
            }
        }
    }

    private static bool IsEnvelope(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.GetProperty("errors")[0].GetProperty("code").GetString() is { Length: > 0 };
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>The answers that are complete. Whether one to HEAD has a body is told by what follows its head.</summary>
    private IEnumerable<RawResponse> Answers()
    {
        var bytes = _received.WrittenMemory;
        while (bytes.Span.IndexOf("\r\n\r\n"u8) is var end and >= 0)
        {
            var lines = Encoding.Latin1.GetString(bytes.Span[..end]).Split("\r\n");
            bytes = bytes[(end + 4)..];
            var answer = Head(lines);
            var withoutBody = answer.Status is < 200 or 204 or 304 || bytes.Length == 0 || bytes.Span.StartsWith("HTTP/1.1 "u8);
            var length = withoutBody ? 0 : Length(answer, bytes.Span);
            if (length > bytes.Length)
            {
                yield break;
            }

            yield return answer with { Body = bytes[..length].ToArray() };
            bytes = bytes[length..];
        }
    }

    private static RawResponse Head(string[] lines)
    {
        var status = lines[0].Split(' ', 3);
        var headers = lines.Skip(1).Select(line => line.Split(": ", 2)).Select(parts => KeyValuePair.Create(parts[0], parts.ElementAtOrDefault(1) ?? ""));
        return new RawResponse(int.Parse(status[1], CultureInfo.InvariantCulture), status.ElementAtOrDefault(2) ?? "", [.. headers], []);
    }

    private static int Length(RawResponse answer, ReadOnlySpan<byte> rest)
    {
        if (answer.Header("Content-Length") is { } length)
        {
            return int.Parse(length, CultureInfo.InvariantCulture);
        }

        var end = rest.IndexOf("0\r\n\r\n"u8);
        return answer.Header("Transfer-Encoding") is null ? rest.Length : end < 0 ? int.MaxValue : end + 5;
    }

    private static void Try(Action action)
    {
        try
        {
            action();
        }
        catch (SocketException)
        {
            // The server was faster.
        }
    }
}
