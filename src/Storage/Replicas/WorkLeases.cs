using Registry.Storage.Metadata;

namespace Registry.Storage.Replicas;

/// <summary>
/// Work in the background that one replica at a time does, so that the others do not read the same queues and wait for the same rows.
/// It is not what makes the work safe: two that hold the same lease, because one was slow, take nothing away that may stay.
/// </summary>
public sealed class WorkLeases(Database database, Replica replica)
{
    /// <summary>The work of collection.</summary>
    public const string Collection = "collection";

    /// <summary>The removal of old audit records.</summary>
    public const string Audit = "audit";

    /// <summary>The eviction of what nobody pulls from upstreams any more.</summary>
    public const string Eviction = "eviction";

    // How long the work lies still after its holder was killed.
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(10);

    // The embedded database has no other replicas.
    private bool IsAlone => database.Dialect == Dialect.Sqlite;

    /// <summary>Takes the work, or holds it on. False while another replica has it.</summary>
    public async Task<bool> TakeAsync(string work, CancellationToken cancellationToken) => IsAlone || await database.WriteAsync(
        session => session.ExecuteAsync(
            """
            insert into work_lease (work, holder, held_until) values (@work, @Id, now_ms() + @time)
            on conflict (work) do update set holder = excluded.holder, held_until = excluded.held_until
            where work_lease.holder = excluded.holder or work_lease.held_until <= now_ms()
            """,
            new { work, replica.Id, time = (long)Time.TotalMilliseconds }),
        Durability.Relaxed,
        cancellationToken) > 0;

    /// <summary>Gives all work back: this replica stops.</summary>
    public Task ReleaseAsync(CancellationToken cancellationToken) => IsAlone ? Task.CompletedTask : database.WriteAsync(
        session => session.ExecuteAsync("delete from work_lease where holder = @Id", replica), Durability.Relaxed, cancellationToken);
}
