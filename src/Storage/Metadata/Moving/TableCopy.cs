using System.Data.Common;
using Npgsql;

namespace Registry.Storage.Metadata.Moving;

/// <summary>Copies tables from a snapshot of SQLite into a transaction of PostgreSQL, and compares them.</summary>
internal sealed class TableCopy(Session source, Session target, Action<CopyProgress> report, CancellationToken cancellationToken)
{
    private const int RowsBetweenReports = 10_000;

    /// <summary>Fills an empty table.</summary>
    /// <exception cref="MetadataCopyException">PostgreSQL does not take a row, or does not return it as it was.</exception>
    public async Task FillAsync(CopiedTable table)
    {
        try
        {
            var read = await CopyRowsAsync(table);
            var stored = await DigestTargetAsync(table);
            if (!read.Equals(stored))
            {
                throw new MetadataCopyException($"{table.Name}: {read.Rows} rows were read, and the {stored.Rows} rows that PostgreSQL has stored are not the same");
            }

            await FinishAsync(table);
            report(new CopyProgress(table.Name, read.Rows, read.Rows, IsVerified: true));
        }
        catch (PostgresException e)
        {
            throw new MetadataCopyException($"{table.Name}: PostgreSQL refuses it: {e.MessageText} ({e.SqlState}; {e.Where ?? e.Detail})", e);
        }
    }

    /// <summary>Whether both databases have the same rows.</summary>
    public async Task<bool> IsSameAsync(CopiedTable table)
    {
        var digest = new TableDigest();
        await foreach (var row in RowsAsync(source.Prepare(table.SelectFromSqlite)))
        {
            digest.Add(row);
        }

        report(new CopyProgress(table.Name, digest.Rows, digest.Rows, IsVerified: true));
        return digest.Equals(await DigestTargetAsync(table));
    }

    private async Task<TableDigest> CopyRowsAsync(CopiedTable table)
    {
        var total = await source.FirstAsync<long>($"select count(*) from [{table.Name}]");
        var digest = new TableDigest();
        await using var import = await ((NpgsqlConnection)target.Connection).BeginBinaryImportAsync(table.CopyIntoPostgres, cancellationToken);
        await foreach (var row in RowsAsync(source.Prepare(table.SelectFromSqlite)))
        {
            await import.WriteRowAsync(cancellationToken, row);
            digest.Add(row);
            if (digest.Rows % RowsBetweenReports == 0)
            {
                report(new CopyProgress(table.Name, digest.Rows, total, IsVerified: false));
            }
        }

        await import.CompleteAsync(cancellationToken);
        return digest;
    }

    private async Task<TableDigest> DigestTargetAsync(CopiedTable table)
    {
        var digest = new TableDigest();
        await using var select = target.Prepare(table.SelectFromPostgres);
        await foreach (var row in RowsAsync(select))
        {
            digest.Add(row);
        }

        return digest;
    }

    // SQLite keeps the highest id that was ever given: an id does not return when its row has gone.
    private async Task FinishAsync(CopiedTable table)
    {
        const string Highest = "select seq from sqlite_sequence where name = @Name and seq > 0";
        if (table.Identity is { } column && await source.FirstAsync<long?>(Highest, new { table.Name }) is { } highest)
        {
            await target.FirstAsync<long>("select setval(pg_get_serial_sequence(@Name, @column), @highest)", new { table.Name, column, highest });
        }

        await target.ExecuteAsync($"analyze \"{table.Name}\"");
    }

    // The same array for each row.
    private async IAsyncEnumerable<object[]> RowsAsync(DbCommand command)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var row = new object[reader.FieldCount];
        while (await reader.ReadAsync(cancellationToken))
        {
            reader.GetValues(row);
            yield return row;
        }
    }
}
