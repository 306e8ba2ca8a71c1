using System.Globalization;
using Dapper;
using Registry.Storage.Metadata;

namespace Registry.Storage.Objects;

/// <summary>
/// Object ids whose rows are on disk already. An object's row must be there before its file may be, or a crash would leave bytes
/// that nothing knows of; reserved by the dozen, that costs one sync for many uploads instead of one for each.
/// </summary>
public sealed class ObjectReserve(Database database)
{
    /// <summary>How long after its reservation an id that no upload holds is given up.</summary>
    internal static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    // Far within the lifetime: what is taken is in use long before it could be given up.
    private static readonly TimeSpan Usable = TimeSpan.FromMinutes(5);
    private const int Batch = 32;

    private static readonly string Insert = "insert into object (id, state, created_at) values "
        + string.Join(", ", Enumerable.Range(0, Batch).Select(i => string.Create(CultureInfo.InvariantCulture, $"(@id{i}, 0, now_ms())")));

    // Nothing was ever sent to these keys, so that nothing has to be removed but their rows.
    private string DropUnused => $"delete from object where {database.Dialect.In("id", "@unused")} and state = 0";

    private readonly Lock gate = new();
    private readonly Stack<ReservedId> ready = new();
    private readonly List<byte[]> stale = [];
    private Task? refill;

    /// <summary>An id that nobody else has, with its row in state 0.</summary>
    public async ValueTask<ReservedId> TakeAsync()
    {
        while (true)
        {
            Task arriving;
            lock (gate)
            {
                while (ready.TryPop(out var reserved))
                {
                    if (Environment.TickCount64 - reserved.ReservedAt < Usable.TotalMilliseconds)
                    {
                        return reserved;
                    }

                    stale.Add(reserved.Id.Key);
                }

                arriving = refill ??= RefillAsync();
            }

            await arriving;
        }
    }

    /// <summary>Gives back an id that was not used at all.</summary>
    public void Return(ReservedId reserved)
    {
        lock (gate)
        {
            ready.Push(reserved);
        }
    }

    /// <summary>Condemns what was reserved long ago and is in no upload: its process has died, or has given it up.</summary>
    internal static async Task CondemnUnusedAsync(Database database, TimeSpan age, CancellationToken cancellationToken)
    {
        const string Unused = "state = 0 and created_at <= now_ms() - @age and not exists (select 1 from upload where object_id = object.id)";
        var parameters = new { age = (long)age.TotalMilliseconds };
        await using (var session = await database.ReadAsync(cancellationToken))
        {
            if (await session.FirstAsync<long?>($"select 1 from object where {Unused} limit 1", parameters) is null)
            {
                return;
            }
        }

        await database.WriteAsync(
            session => session.ExecuteAsync(
                $"update object set state = 2, delete_not_before = now_ms() where {Unused}", parameters),
            cancellationToken);
    }

    private async Task RefillAsync()
    {
        // Off the caller's stack: it holds the gate.
        await Task.Yield();
        var began = Environment.TickCount64;
        var ids = ObjectId.NewInOneFolder(Batch);
        byte[][] unused;
        lock (gate)
        {
            unused = [.. stale];
            stale.Clear();
        }

        try
        {
            await database.WriteAsync(
                async session =>
                {
                    await session.ExecuteAsync(Insert, Parameters(ids));
                    return unused.Length == 0 ? 0 : await session.ExecuteAsync(DropUnused, new { unused });
                },
                CancellationToken.None);
            lock (gate)
            {
                Array.ForEach(ids, id => ready.Push(new ReservedId(id, began)));
            }
        }
        finally
        {
            lock (gate)
            {
                refill = null;
            }
        }
    }

    private static DynamicParameters Parameters(ObjectId[] ids)
    {
        var parameters = new DynamicParameters();
        foreach (var (i, id) in ids.Index())
        {
            parameters.Add(string.Create(CultureInfo.InvariantCulture, $"id{i}"), id.Key);
        }

        return parameters;
    }
}

/// <summary>An object id from the reserve.</summary>
/// <param name="Id">The id.</param>
/// <param name="ReservedAt">When its row was written, or a little before, by <see cref="Environment.TickCount64"/>.</param>
public readonly record struct ReservedId(ObjectId Id, long ReservedAt);
