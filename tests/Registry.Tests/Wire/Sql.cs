using System.Data.Common;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Registry.Tests.Wire;

/// <summary>The database of a registry, for what cannot be seen over HTTP. The embedded one is only written while the registry is stopped.</summary>
internal sealed class Sql(Engine engine, string dataDirectory, string? connectionString)
{
    public static Sql Of(Engine engine, RegistryProcess registry) => new(engine, registry.DataDirectory, registry.ConnectionString);

    public static Sql Of(Engine engine, RegistryApp registry) => new(engine, registry.DataDirectory, registry.ConnectionString);

    public async Task<long> NumberAsync(string sql)
    {
        await using var connection = await OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToInt64(await command.ExecuteScalarAsync(), System.Globalization.CultureInfo.InvariantCulture);
    }

    public async Task<List<object[]>> RowsAsync(string sql)
    {
        await using var connection = await OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<object[]>();
        while (await reader.ReadAsync())
        {
            var row = new object[reader.FieldCount];
            reader.GetValues(row);
            rows.Add(row);
        }

        return rows;
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var connection = await OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }

    private async Task<DbConnection> OpenAsync()
    {
        DbConnection connection = engine is not Engine.Sqlite
            ? new NpgsqlConnection(connectionString)
            : new SqliteConnection($"Data Source={Path.Combine(dataDirectory, "registry.db")};Pooling=False");
        await connection.OpenAsync();
        return connection;
    }
}
