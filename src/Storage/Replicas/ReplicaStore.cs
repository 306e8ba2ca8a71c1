using Registry.Storage.Metadata;

namespace Registry.Storage.Replicas;

/// <summary>The table of the replicas that run. Whoever has not been heard of for a while is taken out by the others.</summary>
public sealed class ReplicaStore(Database database)
{
    /// <summary>How often a replica shows that it is there.</summary>
    public static TimeSpan Interval { get; } = TimeSpan.FromSeconds(5);

    /// <summary>After which time without a sign it counts as gone.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(30);

    /// <summary>Shows that the replica is there, which makes its row when it has none, and takes out who is gone.</summary>
    public Task BeatAsync(Replica replica, CancellationToken cancellationToken) => database.WriteAsync(
        session => session.ExecuteAsync(
            $"""
            insert into replica (id, internal_address, started_at, heartbeat) values (@Id, @InternalAddress, now_ms(), now_ms())
            on conflict (id) do update set heartbeat = excluded.heartbeat;
            delete from replica where id in (select id from replica where heartbeat < now_ms() - @patience {database.Dialect.ForUpdate} {database.Dialect.SkipLocked})
            """,
            new { replica.Id, replica.InternalAddress, patience = (long)Patience.TotalMilliseconds }),
        Durability.Relaxed,
        cancellationToken);

    /// <summary>Takes the replica out: it stops.</summary>
    public Task RemoveAsync(Replica replica, CancellationToken cancellationToken) => database.WriteAsync(
        session => session.ExecuteAsync("delete from replica where id = @Id", replica), Durability.Relaxed, cancellationToken);

    /// <summary>Those that were heard of lately, by their ids.</summary>
    public async Task<IReadOnlyList<Replica>> ListAsync(CancellationToken cancellationToken)
    {
        await using var session = await database.ReadAsync(cancellationToken);
        return await session.QueryAsync<Replica>(
            "select id as Id, internal_address as InternalAddress from replica where heartbeat >= now_ms() - @patience order by id",
            new { patience = (long)Patience.TotalMilliseconds });
    }
}
