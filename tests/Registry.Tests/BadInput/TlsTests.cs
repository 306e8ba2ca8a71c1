using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Registry.Tests.Wire;

namespace Registry.Tests.BadInput;

/// <summary>
/// Clients try HTTPS first and go on with HTTP only when the answer to their handshake begins with "HTTP/": docker and all other
/// programs in Go say "server gave HTTP response to HTTPS client" then.
/// </summary>
public sealed class TlsTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task A_TLS_handshake_on_a_plain_port_gets_an_HTTP_answer_and_the_end_of_the_connection(SslProtocols protocol)
    {
        await using var connection = await RawHttp.ConnectAsync((await registry.AppAsync(Engine.Sqlite)).Address);

        await connection.SendAsync(await ClientHelloAsync(protocol));

        Assert.Equal(400, (await connection.ReadResponseAsync()).Status);
        Assert.True(await connection.IsClosedAsync());
    }

    [Fact]
    public async Task The_answer_does_not_wait_for_something_that_looks_like_the_end_of_a_line()
    {
        await using var connection = await RawHttp.ConnectAsync((await registry.AppAsync(Engine.Sqlite)).Address);

        await connection.SendAsync(new byte[] { 0x16, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3 });

        Assert.Equal(400, (await connection.ReadResponseAsync()).Status);
    }

    // What a client sends first, taken from one that believes to talk to a server with TLS.
    private static async Task<byte[]> ClientHelloAsync(SslProtocols protocol)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        using var server = await listener.AcceptTcpClientAsync();
        await using var tls = new SslStream(client.GetStream());
        var handshake = tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost", EnabledSslProtocols = protocol });

        var hello = new byte[4096];
        var length = await server.GetStream().ReadAsync(hello).AsTask().WaitAsync(Eventually.Guard);
        server.Close();
        await Assert.ThrowsAnyAsync<Exception>(() => handshake);
        return hello[..length];
    }
}
