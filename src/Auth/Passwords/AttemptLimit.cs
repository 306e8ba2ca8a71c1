namespace Registry.Auth.Passwords;

/// <summary>
/// Failed attempts, counted for each account and each address: ten, and each is forgotten after a minute (S33). An attempt is
/// counted before it is made and taken back when it succeeds, so that many at once are not more than ten either.
/// </summary>
internal sealed class AttemptLimit(TimeProvider time)
{
    /// <summary>The most failures of one account or address within <see cref="Period"/>.</summary>
    public const int Most = 10;

    /// <summary>How long a failure counts.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    // Far more than all cores can verify in a minute; some 10 MB.
    private const int MaxRemembered = 1 << 16;

    private readonly Lock gate = new();
    private readonly Dictionary<Fingerprint, List<long>> attempts = [];
    private readonly Queue<(Fingerprint Key, long At)> order = [];

    /// <summary>How many attempts are remembered.</summary>
    public int Count => order.Count;

    /// <summary>How long the next attempt has to wait: zero, or until the oldest failure of a key at its limit is forgotten.</summary>
    public TimeSpan Wait(params ReadOnlySpan<Fingerprint> keys)
    {
        lock (gate)
        {
            var now = time.GetTimestamp();
            Forget(now);
            return Longest(keys, now);
        }
    }

    /// <summary>Counts an attempt unless it has to wait; returns how long.</summary>
    public TimeSpan Take(params ReadOnlySpan<Fingerprint> keys)
    {
        lock (gate)
        {
            var now = time.GetTimestamp();
            Forget(now);
            var wait = Longest(keys, now);
            if (wait == TimeSpan.Zero)
            {
                Add(keys, now);
            }

            return wait;
        }
    }

    /// <summary>Takes an attempt back that succeeded.</summary>
    public void Return(params ReadOnlySpan<Fingerprint> keys)
    {
        lock (gate)
        {
            foreach (var key in keys)
            {
                // Which of several at once it was makes no difference.
                Remove(key, last: true);
            }
        }
    }

    private TimeSpan Longest(ReadOnlySpan<Fingerprint> keys, long now)
    {
        var longest = TimeSpan.Zero;
        foreach (var key in keys)
        {
            if (attempts.TryGetValue(key, out var made) && made.Count >= Most && Period - time.GetElapsedTime(made[0], now) is var wait && wait > longest)
            {
                longest = wait;
            }
        }

        return longest;
    }

    private void Add(ReadOnlySpan<Fingerprint> keys, long now)
    {
        foreach (var key in keys)
        {
            if (!attempts.TryGetValue(key, out var made))
            {
                attempts.Add(key, made = new(Most));
            }

            made.Add(now);
            order.Enqueue((key, now));
        }
    }

    private void Forget(long now)
    {
        while (order.TryPeek(out var oldest) && (time.GetElapsedTime(oldest.At, now) >= Period || order.Count > MaxRemembered))
        {
            order.Dequeue();
            if (attempts.TryGetValue(oldest.Key, out var made) && made[0] == oldest.At)
            {
                Remove(oldest.Key, last: false);
            }
        }
    }

    private void Remove(Fingerprint key, bool last)
    {
        if (attempts.TryGetValue(key, out var made))
        {
            made.RemoveAt(last ? made.Count - 1 : 0);
            if (made.Count == 0)
            {
                attempts.Remove(key);
            }
        }
    }
}
