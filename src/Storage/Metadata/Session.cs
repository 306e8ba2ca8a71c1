using System.Data.Common;
using Dapper;

namespace Registry.Storage.Metadata;

/// <summary>A connection in use: by one reader, or by one transaction.</summary>
/// <param name="connection">An open connection.</param>
/// <param name="transaction">The transaction every statement belongs to; null where the connection knows it.</param>
/// <param name="keepStatements">Whether prepared statements live as long as the session (SQLite); Npgsql keeps them itself.</param>
/// <param name="release">What gives the connection back.</param>
/// <param name="prologue">A statement that travels with the first one, which saves a round trip.</param>
public sealed class Session(
    DbConnection connection, DbTransaction? transaction, bool keepStatements, Func<Session, ValueTask> release, string? prologue = null)
    : IAsyncDisposable
{
    private string? prologue = prologue;
    private readonly PreparedStatements? prepared = keepStatements ? new PreparedStatements(connection) : null;

    /// <summary>
    /// A prepared statement for a hot path, kept with the connection where that pays. The caller reads from it and does not
    /// dispose it.
    /// </summary>
    public DbCommand Prepare(string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        if (prepared is not null)
        {
            return prepared.Bind(sql, parameters);
        }

        var command = connection.CreateCommand();
#pragma warning disable CA2100 // every caller passes a constant
        command.CommandText = Begin(sql);
#pragma warning restore CA2100
        command.Transaction = transaction;
        foreach (var (name, value) in parameters)
        {
            PreparedStatements.Add(command, name, value);
        }

        return command;
    }

    /// <summary>Runs a statement (or several, separated by semicolons); the number of rows changed by all.</summary>
    public Task<int> ExecuteAsync(string sql, object? parameters = null) => prepared is not null && PreparedStatements.Fit(parameters)
        ? Task.FromResult(prepared.Bind(sql, parameters).ExecuteNonQuery())
        : connection.ExecuteAsync(Begin(sql), parameters, transaction);

    /// <summary>The rows of a query.</summary>
    public async Task<IReadOnlyList<T>> QueryAsync<T>(string sql, object? parameters = null) =>
        (await connection.QueryAsync<T>(Begin(sql), parameters, transaction)).AsList();

    /// <summary>The first row, or <c>default</c> when there is none.</summary>
    public Task<T?> FirstAsync<T>(string sql, object? parameters = null) => prepared is not null && PreparedStatements.Fit(parameters)
        ? Task.FromResult(First<T>(prepared.Bind(sql, parameters)))
        : connection.QueryFirstOrDefaultAsync<T?>(Begin(sql), parameters, transaction);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => release(this);

    internal void DisposeStatements() => prepared?.Dispose();

    internal DbConnection Connection => connection;

    private string Begin(string sql)
    {
        if (prologue is not { } first)
        {
            return sql;
        }

        prologue = null;
        return $"{first};\n{sql}";
    }

    private static T? First<T>(DbCommand command)
    {
        using var reader = command.ExecuteReader();
        var first = reader.Read() ? Row<T>(reader) : default;

        // Read to the end: statements that follow have not run before.
        while (reader.NextResult())
        {
        }

        return first;
    }

    // Dapper's parser is for rows with several columns.
    private static T? Row<T>(DbDataReader reader) => reader.FieldCount > 1 ? reader.GetRowParser<T>()(reader)
        : reader.IsDBNull(0) ? default
        : (T)reader.GetValue(0);
}
