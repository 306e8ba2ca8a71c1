using System.Data;
using System.Data.Common;
using Dapper;

namespace Registry.Storage.Metadata;

/// <summary>A connection in use: by one reader, or by one transaction.</summary>
/// <param name="connection">An open connection.</param>
/// <param name="transaction">The transaction every statement belongs to; null for reads.</param>
/// <param name="keepStatements">Whether prepared statements live as long as the connection (SQLite); Npgsql keeps them itself.</param>
/// <param name="release">What gives the connection back.</param>
public sealed class Session(DbConnection connection, DbTransaction? transaction, bool keepStatements, Func<Session, ValueTask> release)
    : IAsyncDisposable
{
    private readonly Dictionary<string, DbCommand> prepared = new(ReferenceEqualityComparer.Instance as IEqualityComparer<string>);

    /// <summary>
    /// A prepared statement for a hot path, kept with the connection where that pays. The text must be a constant: it is the
    /// key. The caller reads from it and does not dispose it.
    /// </summary>
    public DbCommand Prepare(string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        if (keepStatements && prepared.TryGetValue(sql, out var command))
        {
            for (var i = 0; i < parameters.Length; i++)
            {
                command.Parameters[i].Value = parameters[i].Value;
            }

            return command;
        }

        command = connection.CreateCommand();
#pragma warning disable CA2100 // every caller passes a constant
        command.CommandText = sql;
#pragma warning restore CA2100
        command.Transaction = transaction;
        foreach (var (name, value) in parameters)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = name;
            parameter.Value = value;
            command.Parameters.Add(parameter);
        }

        if (keepStatements)
        {
            command.Prepare();
            prepared.Add(sql, command);
        }

        return command;
    }

    /// <summary>Runs a statement (or several, separated by semicolons); the number of rows changed by all.</summary>
    public Task<int> ExecuteAsync(string sql, object? parameters = null) => connection.ExecuteAsync(sql, parameters, transaction);

    /// <summary>The rows of a query.</summary>
    public async Task<IReadOnlyList<T>> QueryAsync<T>(string sql, object? parameters = null) =>
        (await connection.QueryAsync<T>(sql, parameters, transaction)).AsList();

    /// <summary>The first row, or <c>default</c> when there is none.</summary>
    public Task<T?> FirstAsync<T>(string sql, object? parameters = null) =>
        connection.QueryFirstOrDefaultAsync<T?>(sql, parameters, transaction);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => release(this);

    internal void DisposeStatements()
    {
        foreach (var command in prepared.Values)
        {
            command.Dispose();
        }

        prepared.Clear();
    }

    internal DbConnection Connection => connection;

    internal ConnectionState State => connection.State;
}
