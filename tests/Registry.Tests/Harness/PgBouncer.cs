using Npgsql;

namespace Registry.Tests;

/// <summary>
/// PgBouncer in transaction mode before one database: after each transaction the server's connection may go to another client. It has
/// few of them, so that this happens all the time.
/// </summary>
public sealed class PgBouncer : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory;
    private readonly ChildProcess _process;

    private PgBouncer(TemporaryDirectory directory, ChildProcess process, string connectionString) =>
        (_directory, _process, ConnectionString) = (directory, process, connectionString);

    /// <summary>What the registry connects to instead.</summary>
    public string ConnectionString { get; }

    public static async Task<PgBouncer> StartAsync(string connectionString, int connections = 4)
    {
        var server = new NpgsqlConnectionStringBuilder(connectionString);
        var port = Ports.Next();
        var directory = new TemporaryDirectory();
        await File.WriteAllTextAsync(
            directory.File("pgbouncer.ini"),
            $"""
            [databases]
            {server.Database} = host={server.Host} port={server.Port} user={server.Username}
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {port}
            unix_socket_dir =
            auth_type = any
            pool_mode = transaction
            max_client_conn = 500
            default_pool_size = {connections}
            server_check_delay = 0
            """);

        // It refuses to run as root; the configuration is read before it becomes somebody else.
        string[] user = Environment.UserName == "root" ? ["-u", "postgres"] : [];
        var process = ChildProcess.Start("/usr/sbin/pgbouncer", [.. user, directory.File("pgbouncer.ini")]);
        var pooled = new NpgsqlConnectionStringBuilder(connectionString) { Host = "127.0.0.1", Port = port };
        var bouncer = new PgBouncer(directory, process, pooled.ConnectionString);
        await Eventually.TrueAsync(bouncer.AnswersAsync, () => $"PgBouncer answers\n{process.Output}\n{process.Errors}");
        return bouncer;
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _directory.Dispose();
    }

    private async Task<bool> AnswersAsync()
    {
        Assert.False(_process.HasExited, $"PgBouncer did not start.\n{_process.Output}\n{_process.Errors}");
        try
        {
            await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(ConnectionString) { Pooling = false }.ConnectionString);
            await connection.OpenAsync();
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }
}
