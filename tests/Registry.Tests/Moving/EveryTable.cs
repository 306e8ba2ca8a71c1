using Microsoft.Data.Sqlite;

namespace Registry.Tests.Moving;

/// <summary>
/// All tables of a SQLite file, whichever those are: a table that a later migration makes is in the tests without a word. A new one
/// gets a row of which every column has a value, and whose foreign keys hold.
/// </summary>
internal static class EveryTable
{
    /// <summary>The tables and their columns, separated by commas.</summary>
    public static async Task<IReadOnlyDictionary<string, string>> ReadAsync(string file) =>
        (await RowsAsync(
            file,
            """
            select m.name, group_concat('"' || c.name || '"') from sqlite_master m join pragma_table_info(m.name) c
            where m.type = 'table' and m.name not like 'sqlite%' and m.name <> 'migration' group by m.name
            """)).ToDictionary(row => (string)row[0], row => (string)row[1]);

    /// <summary>Gives every table one row more, and makes every id that was ever given higher than those that are there.</summary>
    public static async Task FillAsync(string file)
    {
        await using var connection = await OpenAsync(file);
        var rows = new Dictionary<string, Dictionary<string, object>>();
        foreach (var table in (await ReadAsync(file)).Keys)
        {
            Fill(connection, table, rows);
        }

        Execute(connection, "update sqlite_sequence set seq = seq + 1000 + rowid");
    }

    public static async Task<List<object[]>> RowsAsync(string file, string sql)
    {
        await using var connection = await OpenAsync(file);
        return Rows(connection, sql);
    }

    private static void Fill(SqliteConnection connection, string table, Dictionary<string, Dictionary<string, object>> rows)
    {
        if (rows.ContainsKey(table))
        {
            return;
        }

        var row = new Dictionary<string, object>();
        foreach (var column in Rows(connection, $"select name, type from pragma_table_info('{table}')"))
        {
            row[(string)column[0]] = Value((string)column[1]);
        }

        foreach (var key in Rows(connection, $"select \"table\", \"from\", \"to\" from pragma_foreign_key_list('{table}')"))
        {
            var (parent, from, to) = ((string)key[0], (string)key[1], (string)key[2]);
            if (parent != table)
            {
                Fill(connection, parent, rows);
            }

            row[from] = parent == table ? DBNull.Value : rows[parent][to];
        }

        rows.Add(table, row);
        using var insert = connection.CreateCommand();
        insert.CommandText = $"insert into {table} ({string.Join(", ", row.Keys.Select(name => $"\"{name}\""))}) values ({string.Join(", ", row.Keys.Select(name => $"@{name}"))})";
        foreach (var (name, value) in row)
        {
            insert.Parameters.AddWithValue(name, value);
        }

        insert.ExecuteNonQuery();
    }

    private static object Value(string type) => type.ToLowerInvariant() switch
    {
        "bigint" or "integer" => Random.Shared.NextInt64(1_000_000, int.MaxValue),
        "text" => $"größer {Guid.NewGuid()} \"\t\\.\n",
        "blob" => Guid.NewGuid().ToByteArray(),
        _ => throw new NotSupportedException($"a value of the type {type}"),
    };

    private static List<object[]> Rows(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var rows = new List<object[]>();
        while (reader.Read())
        {
            var row = new object[reader.FieldCount];
            reader.GetValues(row);
            rows.Add(row);
        }

        return rows;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static async Task<SqliteConnection> OpenAsync(string file)
    {
        var connection = new SqliteConnection($"Data Source={file};Pooling=False;Foreign Keys=True");
        await connection.OpenAsync();
        return connection;
    }
}
