using System.Diagnostics;

namespace Registry.Tests.S3;

/// <summary>A line of a bandwidth that all transfers share.</summary>
public sealed class Throttle(long bytesPerSecond)
{
    // Timers are no finer: what is less than this ahead goes at once.
    private static readonly TimeSpan Burst = TimeSpan.FromMilliseconds(5);

    private readonly Lock _lock = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private TimeSpan _free;

    /// <summary>Waits until so many bytes fit on the line.</summary>
    public async Task PassAsync(int bytes, CancellationToken cancellationToken)
    {
        TimeSpan ahead;
        lock (_lock)
        {
            var now = _clock.Elapsed;
            _free = (_free > now ? _free : now) + TimeSpan.FromSeconds((double)bytes / bytesPerSecond);
            ahead = _free - now;
        }

        if (ahead > Burst)
        {
            await Task.Delay(ahead, cancellationToken);
        }
    }
}
