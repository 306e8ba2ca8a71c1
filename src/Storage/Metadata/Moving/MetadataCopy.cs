using Npgsql;
using Registry.Storage.Objects;

namespace Registry.Storage.Metadata.Moving;

/// <summary>
/// Moves the metadata of a registry from SQLite to PostgreSQL while no registry uses them: every table, with its ids, in one
/// transaction, in which everything is read back and compared before it commits. Whatever ends it before has changed nothing.
/// Then the SQLite file gets another name, so that no registry goes on with it: two databases, each of which removes from the same
/// objects what it knows to be garbage, would lose content.
/// </summary>
/// <param name="file">The database file of SQLite.</param>
/// <param name="connectionString">Npgsql's connection string of an empty database.</param>
/// <param name="report">Is told how far it has come.</param>
public sealed class MetadataCopy(string file, string connectionString, Action<CopyProgress> report)
{
    private const string AnyTable = "select 1::bigint from pg_class where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p') limit 1";

    private readonly string moved = MovedName(file);

    /// <summary>What a SQLite file is called once its content has moved.</summary>
    public static string MovedName(string file) => $"{file}.moved";

    /// <summary>Copies, verifies, commits, and renames the file. Interrupted, it can be run again.</summary>
    /// <exception cref="MetadataCopyException">It cannot be done; the message says why.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (File.Exists(moved))
        {
            throw new MetadataCopyException($"{moved} is there, from an earlier move; remove it first");
        }

        // Large tables take longer than any statement of a registry.
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { CommandTimeout = 0 };
        await using (var source = new SqliteDatabase(file))
        await using (var target = new PostgresDatabase(settings.ConnectionString))
        {
            await source.MigrateAsync(cancellationToken);
            await using var reading = await source.ReadAsync(cancellationToken);
            await reading.ExecuteAsync("begin");
            try
            {
                await target.WriteAsync(writing => CopyAsync(reading, writing, cancellationToken), cancellationToken);
            }
            finally
            {
                await reading.ExecuteAsync("rollback");
            }
        }

        Retire();
    }

    private async Task<bool> CopyAsync(Session source, Session target, CancellationToken cancellationToken)
    {
        await target.ExecuteAsync("set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0");
        await PostgresDatabase.LockSchemaAsync(target);
        var isNew = await target.FirstAsync<long?>(AnyTable) is null;
        if (isNew)
        {
            await Migrations.ApplyAsync(target, Dialect.Postgres);
        }

        var tables = await CopiedTable.ReadPostgresAsync(target);
        if (!IsSame(await CopiedTable.ReadSqliteAsync(source), tables))
        {
            throw isNew ? new NotSupportedException("the schemas of the two engines differ") : NotEmpty();
        }

        var copy = new TableCopy(source, target, report, cancellationToken);
        foreach (var table in tables)
        {
            if (isNew)
            {
                await copy.FillAsync(table);
            }
            else if (!await copy.IsSameAsync(table))
            {
                throw NotEmpty();
            }
        }

        return true;
    }

    private static bool IsSame(IReadOnlyList<CopiedTable> source, IReadOnlyList<CopiedTable> target) =>
        source.Count == target.Count && target.All(table => source.Any(table.HasColumnsOf));

    // One that holds exactly this is the work of this command, ended after its commit.
    private static MetadataCopyException NotEmpty() => new("the PostgreSQL database has tables already; name an empty one");

    private void Retire()
    {
        // Closing the last connection has written the log back and removed it.
        if (new FileInfo($"{file}-wal") is { Exists: true, Length: > 0 })
        {
            throw new MetadataCopyException($"everything is copied, but another program has {file} open; close it, and run this again");
        }

        File.Move(file, moved);
        Posix.SyncDirectory(Path.GetDirectoryName(file)!);
    }
}
