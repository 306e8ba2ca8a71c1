namespace Registry.Storage.Metadata;

/// <summary>
/// The time of the database, so that replicas agree on it whatever their clocks say (D21): read every few seconds, and counted on from
/// there by the monotonic clock, which nobody sets. Until it has been read, and with the embedded database, it is this machine's.
/// </summary>
public sealed class DatabaseTime : TimeProvider
{
    // Half of the way to the database and back is what the reading may be wrong by.
    private static readonly TimeSpan LongestWay = TimeSpan.FromSeconds(2);

    private volatile Reading? reading;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => reading is { } last ? last.Time + GetElapsedTime(last.At) : base.GetUtcNow();

    /// <summary>Asks the database. A reading that was too long on its way is only taken when there is no other.</summary>
    public async Task ReadAsync(Database database, CancellationToken cancellationToken)
    {
        await using var session = await database.ReadAsync(cancellationToken);
        var asked = GetTimestamp();
        var time = await session.FirstAsync<long>("select now_ms()");
        var way = GetElapsedTime(asked);
        if (way <= LongestWay || reading is null)
        {
            reading = new(DateTimeOffset.FromUnixTimeMilliseconds(time) + (way / 2), GetTimestamp());
        }
    }

    private sealed record Reading(DateTimeOffset Time, long At);
}
