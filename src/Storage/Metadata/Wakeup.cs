namespace Registry.Storage.Metadata;

/// <summary>
/// Something to do that somebody waits for. Whoever waits also looks by the clock: that a wake-up gets lost costs time and nothing else.
/// </summary>
/// <param name="name">What PostgreSQL's notifications call it.</param>
public sealed class Wakeup(string name) : IDisposable
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    private readonly SemaphoreSlim due = new(0);

    /// <summary>What PostgreSQL's notifications call it.</summary>
    public string Name => name;

    /// <summary>Ends the wait that is under way, or the next one.</summary>
    public void Wake()
    {
        // One too many does no harm.
        if (due.CurrentCount == 0)
        {
            due.Release();
        }
    }

    /// <summary>Waits until it is woken, but not longer than <paramref name="atMost"/>.</summary>
    public Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken) =>
        due.WaitAsync(atMost < LongestWait ? atMost : LongestWait, cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => due.Dispose();
}
