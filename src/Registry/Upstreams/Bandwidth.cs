namespace Registry.Upstreams;

/// <summary>The bytes a second that all bodies of an upstream share; after a rest there is a tenth of a second's worth at once.</summary>
internal sealed class Bandwidth(long? bytesPerSecond, TimeProvider time)
{
    private const int LargestStep = 64 << 10;
    private static readonly TimeSpan Burst = TimeSpan.FromMilliseconds(100);

    private readonly Lock mutex = new();
    private readonly long start = time.GetTimestamp();
    private TimeSpan paidUntil;

    /// <summary>The most that should be read at a time, so that those who share get their turn.</summary>
    public int Step => bytesPerSecond is null ? int.MaxValue : LargestStep;

    /// <summary>Waits until the bytes that have been read are paid for.</summary>
    public ValueTask PayAsync(int bytes, CancellationToken cancellationToken)
    {
        if (bytesPerSecond is not { } rate || bytes == 0)
        {
            return ValueTask.CompletedTask;
        }

        TimeSpan wait;
        lock (mutex)
        {
            var now = time.GetElapsedTime(start);
            paidUntil = (paidUntil < now - Burst ? now - Burst : paidUntil) + TimeSpan.FromSeconds((double)bytes / rate);
            wait = paidUntil - now;
        }

        return wait > TimeSpan.Zero ? new ValueTask(Task.Delay(wait, time, cancellationToken)) : ValueTask.CompletedTask;
    }
}
