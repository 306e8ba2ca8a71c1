using Npgsql;

namespace Registry.Storage.Metadata;

/// <summary>
/// Listens to what other replicas tell by PostgreSQL's notifications. It needs a connection of its own to the server itself: a pooler
/// in transaction mode takes the statement and delivers nothing.
/// </summary>
/// <param name="connectionString">Npgsql's connection string.</param>
/// <param name="wakeups">What is woken.</param>
public sealed class PostgresNotifications(string connectionString, Wakeups wakeups)
{
    // A connection that is dead and does not say so is found out by this.
    private const int KeepAliveSeconds = 30;

    private readonly string connectionString = new NpgsqlConnectionStringBuilder(connectionString)
    {
        Pooling = false,
        KeepAlive = KeepAliveSeconds,
        ApplicationName = "registry notifications",
    }.ToString();

    /// <summary>Listens until the connection breaks or the token fires.</summary>
    /// <param name="listening">Called once it has begun.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="NpgsqlException">There is no connection, or not any more.</exception>
    public async Task ListenAsync(Action listening, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        connection.Notification += (_, notification) => wakeups.Wake(notification.Payload);
        await connection.OpenAsync(cancellationToken);
        await using (var command = new NpgsqlCommand($"listen {Wakeups.Channel}", connection))
        {
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        // What was told while nobody listened.
        wakeups.Collection.Wake();
        listening();
        while (true)
        {
            await connection.WaitAsync(cancellationToken);
        }
    }
}
