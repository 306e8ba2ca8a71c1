using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;
using Registry.Storage.Objects;
using Registry.Storage.Oci;
using SQLitePCL;

namespace Registry.Storage.Metadata;

/// <summary>
/// The embedded engine: one file in WAL mode with <c>synchronous=FULL</c>, one writer (<see cref="SqliteWriter"/>), and a fixed
/// set of readers that cannot write.
/// </summary>
public sealed class SqliteDatabase : Database
{
    private readonly string connectionString;
    private readonly SqliteWriter writer;
    private readonly ConcurrentBag<Session> idle = [];
    private readonly SemaphoreSlim readers;
    private readonly int readerCount = Math.Max(4, Environment.ProcessorCount * 2);

    /// <summary>Opens or creates the file and the writing connection.</summary>
    /// <param name="path">The database file.</param>
    public SqliteDatabase(string path)
    {
        Batteries_V2.Init();
        connectionString = new SqliteConnectionStringBuilder { DataSource = path, ForeignKeys = true, Pooling = false }.ToString();

        // 32 MiB of cache, 8 MiB of log before it is written back: with the defaults a busy writer checkpoints all the time.
        writer = new SqliteWriter(Open("pragma journal_mode=wal; pragma synchronous=full; pragma cache_size=-32768; pragma wal_autocheckpoint=2048;"));
        readers = new SemaphoreSlim(readerCount);
    }

    /// <inheritdoc/>
    public override Dialect Dialect => Dialect.Sqlite;

    /// <inheritdoc/>
    public override async ValueTask<Session> ReadAsync(CancellationToken cancellationToken)
    {
        await readers.WaitAsync(cancellationToken);
        if (idle.TryTake(out var session))
        {
            return session;
        }

        try
        {
            return new Session(Open("pragma query_only=on;"), null, keepStatements: true, Return);
        }
        catch
        {
            readers.Release();
            throw;
        }
    }

    /// <inheritdoc/>
    public override Task<T> WriteAsync<T>(Func<Session, Task<T>> work, Durability durability, CancellationToken cancellationToken) =>
        writer.RunAsync(work, durability);

    /// <inheritdoc/>
    public override OciError? Classify(Exception exception) => exception is SqliteException e
        ? e.SqliteErrorCode switch
        {
            raw.SQLITE_FULL => OciError.StorageFull,

            // Extending the shared memory of the WAL on a full volume fails as an I/O error, not as "full".
            raw.SQLITE_IOERR or raw.SQLITE_CANTOPEN or raw.SQLITE_BUSY => OciError.Unavailable,
            _ => null,
        }
        : null;

    /// <inheritdoc/>
    public override async Task MigrateAsync(CancellationToken cancellationToken)
    {
        await WriteAsync(
            async session =>
            {
                await Migrations.ApplyAsync(session, Dialect);

                // Whoever was writing has died with the process: its uploads can go on at once.
                return await session.ExecuteAsync("update upload set writer = null where writer is not null");
            },
            cancellationToken);

        // What it had reserved is given up, too.
        await ObjectReserve.CondemnUnusedAsync(this, TimeSpan.Zero, cancellationToken);
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        for (var i = 0; i < readerCount; i++)
        {
            await readers.WaitAsync();
        }

        foreach (var session in idle)
        {
            session.DisposeStatements();
            session.Connection.Dispose();
        }

        writer.Dispose();
        readers.Dispose();
    }

    private ValueTask Return(Session session)
    {
        idle.Add(session);
        readers.Release();
        return ValueTask.CompletedTask;
    }

    private SqliteConnection Open(string pragmas)
    {
        var connection = new SqliteConnection(connectionString);
        connection.Open();
        connection.CreateFunction("now_ms", () => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // the two callers pass constants
        command.CommandText = pragmas;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
        return connection;
    }
}
