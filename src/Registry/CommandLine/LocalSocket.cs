using System.Net.Sockets;
using System.Text;

namespace Registry.CommandLine;

/// <summary>How the command line reaches the registry that runs on a data directory: by HTTP over the Unix socket in it.</summary>
internal static class LocalSocket
{
    /// <summary>sockaddr_un has 108 bytes for a path, the last of which is zero.</summary>
    public const int LongestPath = 107;

    public static string PathIn(string dataDirectory) => Path.Combine(Path.GetFullPath(dataDirectory), "registry.sock");

    public static bool IsPossible(string path) => Encoding.UTF8.GetByteCount(path) <= LongestPath;

    /// <summary>A client of the registry that runs there. Its requests throw when none does.</summary>
    public static HttpClient CreateClient(string dataDirectory)
    {
        var path = PathIn(dataDirectory);
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        };
        return new HttpClient(handler) { BaseAddress = new Uri("http://localhost/") };
    }
}
