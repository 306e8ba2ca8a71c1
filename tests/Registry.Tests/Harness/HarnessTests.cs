using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Registry.Tests;

public sealed class HarnessTests
{
    [Fact]
    [Trait("Needs", "postgres")]
    public async Task Databases_created_in_parallel_are_separate()
    {
        var databases = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => PostgresCluster.CreateDatabaseAsync()));

        Assert.Equal(4, databases.Distinct().Count());
        foreach (var database in databases)
        {
            await using var connection = new NpgsqlConnection(database);
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand("create table t (id int); select current_database()", connection);
            Assert.Equal(new NpgsqlConnectionStringBuilder(database).Database, await command.ExecuteScalarAsync());
        }

        await Task.WhenAll(databases.Select(PostgresCluster.DropDatabaseAsync));
    }

    [Fact]
    public async Task Raw_http_reads_pipelined_responses_and_a_closed_connection()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await using var connection = await RawHttp.ConnectAsync(new Uri($"http://{listener.LocalEndpoint}"));
        using var server = await listener.AcceptTcpClientAsync();

        await connection.SendHeadAsync("GET /a//b HTTP/1.1\nX-Odd: \u00e9");
        var request = new byte[1024];
        var length = await server.GetStream().ReadAsync(request);
        await server.GetStream().WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"u8.ToArray());
        server.Close();

        Assert.Equal($"GET /a//b HTTP/1.1\r\nHost: {listener.LocalEndpoint}\r\nX-Odd: \u00e9\r\n\r\n", System.Text.Encoding.Latin1.GetString(request, 0, length));
        Assert.Equal("hi", (await connection.ReadResponseAsync()).Text);
        var second = await connection.ReadResponseAsync();
        Assert.Equal((404, "Not Found", "abc"), (second.Status, second.Reason, second.Text));
        Assert.True(await connection.IsClosedAsync());
    }
}
