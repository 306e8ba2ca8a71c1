namespace Registry.Upstreams;

/// <summary>Leaves an upstream alone that has failed several times in a row; after a pause one request in each pause tries again.</summary>
internal sealed class CircuitBreaker(TimeProvider time)
{
    private const int Failures = 5;

    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    private readonly Lock mutex = new();
    private int failures;
    private long last;

    /// <summary>Whether a request may go out. The one that may while the upstream fails counts as that pause's try.</summary>
    public bool TryPass()
    {
        lock (mutex)
        {
            if (failures >= Failures && time.GetElapsedTime(last) < Pause)
            {
                return false;
            }

            last = time.GetTimestamp();
            return true;
        }
    }

    /// <summary>Takes note of what came of a request.</summary>
    public void Report(bool success)
    {
        lock (mutex)
        {
            failures = success ? 0 : failures + 1;
            last = time.GetTimestamp();
        }
    }
}
