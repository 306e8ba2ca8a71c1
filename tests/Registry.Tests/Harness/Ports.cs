using System.Net;
using System.Net.Sockets;

namespace Registry.Tests;

/// <summary>
/// Hands out free loopback ports below the range from which the kernel picks on its own (32768 on Linux), so that a server
/// that stops and starts again finds its port still free.
/// </summary>
public static class Ports
{
    private const int First = 20000;
    private const int Count = 12000;

    // Two test runs on one machine start at different places.
    private static int _next = Random.Shared.Next(Count);

    public static int Next() => NextRun(1);

    /// <summary>The first of so many free ports in a row.</summary>
    public static int NextRun(int length)
    {
        for (var attempt = 0; attempt < Count; attempt++)
        {
            var last = (int)((uint)Interlocked.Add(ref _next, length) % Count);
            var port = First + last - length + 1;
            if (last >= length - 1 && Enumerable.Range(port, length).All(IsFree))
            {
                return port;
            }
        }

        throw new InvalidOperationException($"No free ports from {First} to {First + Count}.");
    }

    private static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
