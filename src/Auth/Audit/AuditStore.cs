using Dapper;
using Registry.Storage.Metadata;

namespace Registry.Auth.Audit;

/// <summary>The table of audit records: appended to, listed from the newest on, and cleared of what is old.</summary>
public sealed class AuditStore(Database database)
{
    private const int MaxText = 1000;
    private const int RemovedAtOnce = 1000;

    /// <summary>Adds the record of a change in the transaction that makes it.</summary>
    public static Task AppendAsync(Session session, AuditEvent entry, long? at = null) => session.ExecuteAsync(
        """
        insert into audit (at, actor, address, action, target, result, detail)
        values (coalesce(@at, now_ms()), @Actor, @Address, @Action, @Target, @Result, @Detail)
        """,
        new { at, Actor = Cut(entry.Actor), entry.Address, Action = Cut(entry.Action), Target = Cut(entry.Target), entry.Result, Detail = Cut(entry.Detail) });

    /// <summary>Adds events that happened outside of a transaction, with their times in milliseconds since 1970.</summary>
    public Task AppendAsync(IReadOnlyList<(AuditEvent Event, long At)> events, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            foreach (var (entry, at) in events)
            {
                await AppendAsync(session, entry, at);
            }

            return events.Count;
        },
        cancellationToken);

    /// <summary>Records from the newest on.</summary>
    /// <param name="actor">Only what this one did; null for everybody.</param>
    /// <param name="action">Only this action; null for all.</param>
    /// <param name="before">Only records older than this one; null for all.</param>
    /// <param name="limit">How many.</param>
    /// <param name="cancellationToken">Fires when the client has gone.</param>
    public async Task<IReadOnlyList<AuditRecord>> ListAsync(string? actor, string? action, long? before, int limit, CancellationToken cancellationToken)
    {
        var conditions = new List<string> { "id < @before" };
        var parameters = new DynamicParameters(new { before = before ?? long.MaxValue, limit });
        Filter("actor", actor);
        Filter("action", action);
        await using var session = await database.ReadAsync(cancellationToken);
        return await session.QueryAsync<AuditRecord>(
            $"""
            select id as Id, at as At, actor as Actor, address as Address, action as Action, target as Target, result as Result, detail as Detail
            from audit where {string.Join(" and ", conditions)} order by id desc limit @limit
            """,
            parameters);

        void Filter(string column, string? value)
        {
            if (value is not null)
            {
                conditions.Add($"{column} = @{column}");
                parameters.Add(column, value);
            }
        }
    }

    /// <summary>Removes some of the oldest records that are older than <paramref name="age"/>; returns how many.</summary>
    public Task<int> RemoveAsync(TimeSpan age, CancellationToken cancellationToken) => database.WriteAsync(
        session => session.ExecuteAsync(
            """
            delete from audit where id in
              (select id from (select id, at from audit order by id limit @RemovedAtOnce) oldest where at < now_ms() - @age)
            """,
            new { RemovedAtOnce, age = (long)age.TotalMilliseconds }),
        cancellationToken);

    // PostgreSQL has no NUL in texts.
    private static string? Cut(string? text) => (text is { Length: > MaxText } ? text[..MaxText] : text)?.Replace('\0', '\ufffd');
}
