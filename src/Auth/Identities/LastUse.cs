using System.Collections.Concurrent;
using Registry.Storage.Metadata;

namespace Registry.Auth.Identities;

/// <summary>When credentials were last used, to the minute: noted in memory, and written together once a minute.</summary>
public sealed class LastUse(Database database, TimeProvider time)
{
    private const int MaxAtOnce = 500;

    private readonly ConcurrentDictionary<long, long> noted = new();

    /// <summary>How often what was noted is to be written.</summary>
    public static TimeSpan Interval { get; } = TimeSpan.FromMinutes(1);

    /// <summary>A request was made with the credential; 0 is none.</summary>
    public void Note(long credential)
    {
        // Once in its minute is enough, and asking does not write.
        if (credential != 0 && !noted.ContainsKey(credential))
        {
            noted[credential] = time.GetUtcNow().ToUnixTimeMilliseconds();
        }
    }

    /// <summary>Writes what was noted.</summary>
    public async Task WriteAsync(CancellationToken cancellationToken)
    {
        foreach (var batch in noted.ToArray().Chunk(MaxAtOnce))
        {
            await database.WriteAsync(
                async session =>
                {
                    // In one order, so that replicas that write the same do not wait for each other in a circle.
                    foreach (var (id, at) in batch.OrderBy(entry => entry.Key))
                    {
                        await session.ExecuteAsync(
                            "update credential set last_used_at = @at where id = @id and (last_used_at is null or last_used_at < @at)", new { id, at });
                    }

                    return batch.Length;
                },
                Durability.Relaxed,
                cancellationToken);
            foreach (var entry in batch)
            {
                noted.TryRemove(entry);
            }
        }
    }
}
