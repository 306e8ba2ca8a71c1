using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Registry.CommandLine;
using Registry.Configuration;

namespace Registry.Connections;

/// <summary>
/// The Unix socket in the data directory, for the command line on the same machine. Its mode is the credential: 0600. A registry
/// that cannot have it serves all the same.
/// </summary>
internal sealed partial class LocalListener : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string path;
    private readonly Socket? socket;

    /// <param name="options">Name the data directory.</param>
    /// <param name="directory">Held from here on: a socket that lies there belongs to a process that has died.</param>
    /// <param name="logger">Is told why there is no socket.</param>
    public LocalListener(RegistryOptions options, DataDirectory directory, ILogger<LocalListener> logger)
    {
        ArgumentNullException.ThrowIfNull(directory);
        path = LocalSocket.PathIn(options.Storage.DataDirectory);
        if (OperatingSystem.IsWindows())
        {
            return; // a socket has no mode there
        }

        if (!LocalSocket.IsPossible(path))
        {
            LogTooLong(logger, path, LocalSocket.LongestPath);
            return;
        }

        var bound = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            File.Delete(path);
            bound.Bind(new UnixDomainSocketEndPoint(path));
            File.SetUnixFileMode(path, OwnerOnly); // nobody can connect before it listens, which comes later
            socket = bound;
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException)
        {
            bound.Dispose();
            LogUnavailable(logger, path, e.Message);
        }
    }

    /// <summary>Whether an address that the server listens on is this socket.</summary>
    public bool Is(string url) => url.EndsWith($"unix:{path}", StringComparison.Ordinal);

    public void Listen(KestrelServerOptions kestrel)
    {
        if (socket is not null)
        {
            kestrel.ListenUnixSocket(path, LocalAdministrator.Use);
        }
    }

    /// <summary>The socket that a listener of the transport is made of.</summary>
    public Socket SocketOf(EndPoint address) =>
        address is UnixDomainSocketEndPoint && address.ToString() == path ? socket! : SocketTransportOptions.CreateDefaultBoundListenSocket(address);

    public void Dispose() => socket?.Dispose();

    [LoggerMessage(Level = LogLevel.Warning, Message = "There is no {Path} for the command line: longer than {Longest} bytes, which is what the address of a Unix socket holds. Choose a shorter DataDirectory")]
    private static partial void LogTooLong(ILogger logger, string path, int longest);

    [LoggerMessage(Level = LogLevel.Warning, Message = "There is no {Path} for the command line: {Reason}")]
    private static partial void LogUnavailable(ILogger logger, string path, string reason);
}
