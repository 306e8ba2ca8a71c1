using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Registry.Connections;

/// <summary>
/// Gives connections their <see cref="SocketOutput"/>. The transport still receives, aborts and closes; its own output stays
/// empty, so there is one sender.
/// </summary>
internal static class SocketOutputMiddleware
{
    /// <summary>Put before everything else that a listener uses.</summary>
    public static void UseSocketOutput(this ListenOptions listen)
    {
        var stall = listen.ApplicationServices.GetRequiredService<StallTimeout>();
        listen.Use(next => connection => Create(connection, stall) is { } output ? RunAsync(next, connection, output) : next(connection));
    }

    private static SocketOutput? Create(ConnectionContext connection, StallTimeout stall)
    {
        try
        {
            return connection.Features.Get<IConnectionSocketFeature>()?.Socket is { ProtocolType: ProtocolType.Tcp } socket
                ? new SocketOutput(connection, socket, connection.Features.Get<IMemoryPoolFeature>()?.MemoryPool, stall)
                : null;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return null; // the client has gone already, which the transport will find too
        }
    }

    private static async Task RunAsync(ConnectionDelegate next, ConnectionContext connection, SocketOutput output)
    {
        var transport = connection.Transport;
        connection.Features.Set(output);
        connection.Transport = new Halves(transport.Input, output);
        try
        {
            await next(connection);
        }
        finally
        {
            await output.FinishAsync();
            connection.Transport = transport;
        }
    }

    private sealed record Halves(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
