using System.Threading.Channels;

namespace Registry.Auth.Audit;

/// <summary>
/// Events outside of transactions: sign-ins and denials. They wait in a bounded queue for one writer, which stores many at once; a
/// request never waits for it. What finds the queue full is counted, not stored.
/// </summary>
public sealed class AuditLog(AuditStore store, TimeProvider time)
{
    private const int MaxWaiting = 10_000;
    private const int MaxBatch = 500;
    private const int LastAttempts = 5;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Channel<(AuditEvent Event, long At)> waiting = Channel.CreateBounded<(AuditEvent, long)>(
        new BoundedChannelOptions(MaxWaiting) { SingleReader = true });

    private long dropped;

    /// <summary>How many events were not stored.</summary>
    public long Dropped => Interlocked.Read(ref dropped);

    /// <summary>Takes an event; it is stored soon.</summary>
    public void Record(AuditEvent entry)
    {
        if (!waiting.Writer.TryWrite((entry, time.GetUtcNow().ToUnixTimeMilliseconds())))
        {
            Interlocked.Increment(ref dropped);
        }
    }

    /// <summary>Stores what comes in until the token fires, then what is left.</summary>
    /// <param name="failed">Told of a failure to store; the same events are tried again.</param>
    /// <param name="stopping">Fires when the registry stops.</param>
    public async Task RunAsync(Action<Exception> failed, CancellationToken stopping)
    {
        await using var end = stopping.Register(() => waiting.Writer.TryComplete());
        var attemptsLeft = LastAttempts;
        while (await waiting.Reader.WaitToReadAsync(CancellationToken.None))
        {
            var batch = Take();
            while (!await TryStoreAsync(batch, failed))
            {
                if (stopping.IsCancellationRequested && --attemptsLeft <= 0)
                {
                    Interlocked.Add(ref dropped, batch.Count + waiting.Reader.Count);
                    return;
                }

                await Task.Delay(Pause, time, CancellationToken.None);
            }
        }
    }

    private List<(AuditEvent Event, long At)> Take()
    {
        var batch = new List<(AuditEvent, long)>();
        while (batch.Count < MaxBatch && waiting.Reader.TryRead(out var entry))
        {
            batch.Add(entry);
        }

        return batch;
    }

    private async Task<bool> TryStoreAsync(List<(AuditEvent Event, long At)> batch, Action<Exception> failed)
    {
        try
        {
            await store.AppendAsync(batch, CancellationToken.None);
            return true;
        }
#pragma warning disable CA1031 // whatever keeps the database from taking them now may pass; the process must live
        catch (Exception e)
#pragma warning restore CA1031
        {
            failed(e);
            return false;
        }
    }
}
