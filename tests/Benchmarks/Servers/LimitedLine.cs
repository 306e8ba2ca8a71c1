using System.Net;
using System.Net.Sockets;
using Registry.Tests.S3;

namespace Registry.Benchmarks.Servers;

/// <summary>A line to a server on this machine on which all connections share a bandwidth, each direction for itself.</summary>
internal sealed class LimitedLine : IDisposable
{
    private const int BlockSize = 64 * 1024;

    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly Throttle there;
    private readonly Throttle back;

    public LimitedLine(int server, long bytesPerSecond)
    {
        (there, back) = (new Throttle(bytesPerSecond), new Throttle(bytesPerSecond));
        listener.Start();
        _ = AcceptAsync(server);
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    public void Dispose()
    {
        stop.Cancel();
        listener.Dispose();
        stop.Dispose();
    }

    private async Task AcceptAsync(int server)
    {
        try
        {
            while (true)
            {
                _ = RelayAsync(await listener.AcceptTcpClientAsync(stop.Token), server);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task RelayAsync(TcpClient client, int port)
    {
        using (client)
        using (var server = new TcpClient())
        {
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, port, stop.Token);
                (client.NoDelay, server.NoDelay) = (true, true);
                await Task.WhenAny(
                    CopyAsync(client.GetStream(), server.GetStream(), there), CopyAsync(server.GetStream(), client.GetStream(), back));
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
            {
            }
        }
    }

    private async Task CopyAsync(NetworkStream from, NetworkStream to, Throttle throttle)
    {
        try
        {
            var block = new byte[BlockSize];
            while (await from.ReadAsync(block, stop.Token) is > 0 and var count)
            {
                await throttle.PassAsync(count, stop.Token);
                await to.WriteAsync(block.AsMemory(0, count), stop.Token);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
        }
    }
}
