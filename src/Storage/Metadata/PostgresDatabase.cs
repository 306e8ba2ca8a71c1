using Npgsql;
using Registry.Storage.Oci;

namespace Registry.Storage.Metadata;

/// <summary>
/// PostgreSQL. No session state outlives a transaction, so that a transaction pooler may stand between. Readers and writers have
/// pools of their own: when a write fails for want of room (class 53), Npgsql takes the server for dying and closes every
/// connection of the pool, and on a full disk a server may let no new one in. Readers go on with those they have.
/// </summary>
public sealed class PostgresDatabase : Database
{
    private const int Attempts = 5;
    private readonly NpgsqlDataSource readers;
    private readonly NpgsqlDataSource writers;

    /// <summary>Describes the server; nothing is opened yet.</summary>
    /// <param name="connectionString">Npgsql's connection string. Statements are prepared unless it says otherwise.</param>
    /// <exception cref="ArgumentException">The connection string cannot be read.</exception>
    public PostgresDatabase(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        if (!settings.ShouldSerialize("Max Auto Prepare"))
        {
            settings.MaxAutoPrepare = 200;
            settings.AutoPrepareMinUsages = 2;
        }

        if (!settings.ShouldSerialize("Maximum Pool Size"))
        {
            settings.MaxPoolSize = 32;
        }

        // There is no session state to reset, and the reset is a statement of its own.
        settings.NoResetOnClose = true;
        var most = settings.MaxPoolSize;
        readers = Pool("readers", settings, most - (most / 2));
        writers = Pool("writers", settings, Math.Max(1, most / 2));
    }

    /// <inheritdoc/>
    public override Dialect Dialect => Dialect.Postgres;

    /// <inheritdoc/>
    public override async ValueTask<Session> ReadAsync(CancellationToken cancellationToken)
    {
        var connection = await readers.OpenConnectionAsync(cancellationToken);
        return new Session(connection, null, keepStatements: false, session => session.Connection.DisposeAsync());
    }

    /// <inheritdoc/>
    public override async Task<T> WriteAsync<T>(
        Func<Session, Task<T>> work, Durability durability, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await TryWriteAsync(work, durability, cancellationToken);
            }
            catch (PostgresException e) when (attempt < Attempts && IsPassing(e.SqlState))
            {
                // Nothing of it has had an effect; the delegate is written to be run again.
            }
        }
    }

    /// <inheritdoc/>
    public override OciError? Classify(Exception exception) => exception switch
    {
        PostgresException { SqlState: PostgresErrorCodes.DiskFull } => OciError.StorageFull,
        PostgresException { SqlState: var state } => IsOutage(state) ? OciError.Unavailable : null,
        NpgsqlException => OciError.Unavailable,
        _ => null,
    };

    /// <inheritdoc/>
    public override Task MigrateAsync(CancellationToken cancellationToken) => WriteAsync(
        async session =>
        {
            await LockSchemaAsync(session);
            await Migrations.ApplyAsync(session, Dialect);
            return 0;
        },
        cancellationToken);

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await readers.DisposeAsync();
        await writers.DisposeAsync();
    }

    /// <summary>Replicas that start together wait here for the first, until its transaction ends.</summary>
    internal static Task LockSchemaAsync(Session session) => session.ExecuteAsync("select pg_advisory_xact_lock(7239127001)");

    private static NpgsqlDataSource Pool(string name, NpgsqlConnectionStringBuilder settings, int most)
    {
        settings.MinPoolSize = Math.Min(settings.MinPoolSize, most);
        settings.MaxPoolSize = most;
        return new NpgsqlDataSourceBuilder(settings.ToString()) { Name = name }.Build();
    }

    // A foreign key is violated when a row that was looked up, a repository for example, has vanished while the statement waited for
    // whoever removed it: looking again tells.
    private static bool IsPassing(string state) =>
        state is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.ForeignKeyViolation;

    // Connection exceptions, resources, operator intervention (shutdown, crash recovery), I/O errors.
    private static bool IsOutage(string state) =>
        state.StartsWith("08", StringComparison.Ordinal) || state.StartsWith("53", StringComparison.Ordinal)
        || state.StartsWith("57", StringComparison.Ordinal) || state.StartsWith("58", StringComparison.Ordinal)
        || state is PostgresErrorCodes.InternalError // a backend that cannot write its start-up file on a full disk
        or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.ReadOnlySqlTransaction;

    private async Task<T> TryWriteAsync<T>(Func<Session, Task<T>> work, Durability durability, CancellationToken cancellationToken)
    {
        await using var connection = await writers.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var prologue = durability == Durability.Relaxed ? "set local synchronous_commit to off" : null;
        await using var session = new Session(connection, transaction, keepStatements: false, _ => ValueTask.CompletedTask, prologue);
        var result = await work(session);

        // From here the commit runs to its end: a caller who has left must not make its outcome unknown.
        Fault.Reach(FaultPoint.BeforeCommit);
        await transaction.CommitAsync(CancellationToken.None);
        Fault.Reach(FaultPoint.AfterCommit);
        return result;
    }
}
