namespace Registry.Auth.Passwords;

/// <summary>The passwords that were right in the last minute, so that a client that signs in for each request costs one verification.</summary>
internal sealed class RememberedPasswords(TimeProvider time)
{
    /// <summary>How long a success is remembered.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    /// <summary>The most that are remembered; the oldest go first.</summary>
    public const int Most = 10_000;

    private readonly Lock gate = new();
    private readonly HashSet<Fingerprint> known = [];
    private readonly Queue<(Fingerprint Key, long At)> order = [];

    /// <summary>How many are remembered.</summary>
    public int Count => known.Count;

    /// <summary>Whether the password was right not long ago.</summary>
    public bool Contains(Fingerprint password)
    {
        lock (gate)
        {
            Forget();
            return known.Contains(password);
        }
    }

    /// <summary>Remembers a password that was right.</summary>
    public void Add(Fingerprint password)
    {
        lock (gate)
        {
            if (known.Add(password))
            {
                order.Enqueue((password, time.GetTimestamp()));
                Forget();
            }
        }
    }

    private void Forget()
    {
        while (order.TryPeek(out var oldest) && (order.Count > Most || time.GetElapsedTime(oldest.At) >= Lifetime))
        {
            known.Remove(order.Dequeue().Key);
        }
    }
}
