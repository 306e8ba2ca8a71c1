using System.Buffers.Binary;
using System.Net.Sockets;
using Registry.Configuration;

namespace Registry.Connections;

/// <summary>
/// When a client that has stopped reading counts as gone: its machine has acknowledged no byte for the whole time. Slow clients
/// are no reason to end a download, so any progress will do. It is read from the kernel: that there is room to send again says
/// too little, because a third of the send buffer, megabytes, has to drain before the kernel says so.
/// </summary>
internal sealed class StallTimeout(RegistryOptions options, TimeProvider clock)
{
    // How often the progress is looked at within the time.
    private const int Looks = 4;

    // struct tcp_info of the kernel's interface: tcpi_bytes_acked is the 64-bit number at 120.
    private const int TcpInfoOption = 11;
    private const int AcknowledgedAt = 120;

    /// <summary>Waits for something that goes on as the client reads.</summary>
    /// <exception cref="TimeoutException">The client has stalled; the connection is of no use any more.</exception>
    public ValueTask WaitAsync<T>(ValueTask<T> sending, Socket? socket)
    {
        if (!sending.IsCompletedSuccessfully)
        {
            return new(WatchAsync(sending.AsTask(), socket));
        }

        _ = sending.Result;
        return default;
    }

    private async Task WatchAsync(Task sending, Socket? socket)
    {
        var (acknowledged, idle) = (Acknowledged(socket), 0);
        while (true)
        {
            await sending.WaitAsync(options.Stall / Looks, clock).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (sending.IsCompleted)
            {
                await sending;
                return;
            }

            var now = Acknowledged(socket);
            idle = now == acknowledged ? idle + 1 : 0;
            acknowledged = now;
            if (idle == Looks)
            {
                throw new TimeoutException($"the client has taken nothing for {options.Stall}");
            }
        }
    }

    /// <summary>Bytes that have arrived at the other side; always the same where the kernel does not tell.</summary>
    private static long Acknowledged(Socket? socket)
    {
        Span<byte> info = stackalloc byte[AcknowledgedAt + sizeof(long)];
        try
        {
            return socket?.GetRawSocketOption((int)SocketOptionLevel.Tcp, TcpInfoOption, info) == info.Length
                ? BinaryPrimitives.ReadInt64LittleEndian(info[AcknowledgedAt..])
                : 0;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return 0; // not TCP, or closed
        }
    }
}
