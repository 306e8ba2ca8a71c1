using System.Net;

namespace Registry.Auth.Passwords;

/// <summary>
/// Verifies passwords without delaying anything else. What was right a moment ago is known at once and never refused. Everything
/// else waits in a short queue for threads of its own, and counts towards the limits of its account and address (S33); beyond queue
/// or limits nothing is verified.
/// </summary>
public sealed class PasswordVerifier : IDisposable
{
    // In this time a full queue is worked off.
    private static readonly TimeSpan FullQueueDelay = TimeSpan.FromSeconds(2);

    private readonly PasswordThreads threads;
    private readonly RememberedPasswords remembered;
    private readonly AttemptLimit limit;
    private readonly FingerprintKey key = new();
    private readonly Lock gate = new();
    private readonly Dictionary<Fingerprint, Task<PasswordAnswer>> running = [];

    /// <summary>One for the process.</summary>
    public PasswordVerifier(TimeProvider time)
        : this(time, new PasswordThreads(PasswordThreads.Count))
    {
    }

    internal PasswordVerifier(TimeProvider time, PasswordThreads threads)
    {
        this.threads = threads;
        remembered = new(time);
        limit = new(time);
    }

    /// <summary>What a wrong password costs besides our own hash, so that imported users are not told by it: see <see cref="PasswordHash.Verify"/>.</summary>
    public int ImportedCost { get; set; }

    /// <summary>Whether a password is an account's.</summary>
    /// <param name="stored">What is stored of it; null when there is no such account or it has no password, which takes as long (S32).</param>
    /// <param name="password">The password, as it was sent.</param>
    /// <param name="account">The name of the account, as it was sent or in its one spelling, existing or not.</param>
    /// <param name="address">Where the request comes from; null when that is this machine itself and need not be limited.</param>
    /// <param name="cancellation">Ends the waiting; what has begun still counts.</param>
    public async Task<PasswordAnswer> VerifyAsync(
        StoredPassword? stored, string password, string account, IPAddress? address, CancellationToken cancellation)
    {
        var fingerprint = key.Of(stored, account, password);
        if (remembered.Contains(fingerprint))
        {
            return PasswordAnswer.Remembered;
        }

        Fingerprint[] counted = address is null ? [key.Of(account)] : [key.Of(account), key.Of(address)];
        while (true)
        {
            if (limit.Wait(counted) is var wait && wait > TimeSpan.Zero)
            {
                return PasswordAnswer.TooMany(wait);
            }

            var (task, joined) = Start(fingerprint, () => Verify(stored, password, fingerprint, counted));
            if (task is null)
            {
                return PasswordAnswer.TooMany(FullQueueDelay);
            }

            var answer = await task.WaitAsync(cancellation);
            if (answer.Outcome is not PasswordOutcome.TooMany || !joined)
            {
                return answer;
            }

            // The address that was refused was another's.
        }
    }

    /// <summary>The hash to store of a new password; null when too many wait for the threads.</summary>
    public async Task<string?> HashAsync(string password, CancellationToken cancellation) =>
        threads.TryRun(() => PasswordHash.Create(password)) is { } hash ? await hash.WaitAsync(cancellation) : null;

    /// <summary>Lets the threads end.</summary>
    public void Dispose() => threads.Dispose();

    // Those who send the same at once share one verification: a client fetches several tokens at a time, a hundred machines start together.
    private (Task<PasswordAnswer>? Task, bool Joined) Start(Fingerprint fingerprint, Func<PasswordAnswer> verify)
    {
        lock (gate)
        {
            if (running.TryGetValue(fingerprint, out var other))
            {
                return (other, true);
            }

            // It may have been right since the caller looked.
            if (remembered.Contains(fingerprint))
            {
                return (Task.FromResult(PasswordAnswer.Remembered), false);
            }

            var task = threads.TryRun(verify);
            if (task is not null)
            {
                running.Add(fingerprint, task);
            }

            return (task, false);
        }
    }

    // Runs on one of the threads.
    private PasswordAnswer Verify(StoredPassword? stored, string password, Fingerprint fingerprint, Fingerprint[] counted)
    {
        try
        {
            if (limit.Take(counted) is var wait && wait > TimeSpan.Zero)
            {
                return PasswordAnswer.TooMany(wait);
            }

            var match = PasswordHash.Verify(stored?.Hash, password, ImportedCost);
            if (match is PasswordMatch.Wrong)
            {
                return PasswordAnswer.Invalid;
            }

            limit.Return(counted);
            remembered.Add(fingerprint);
            return match is PasswordMatch.RightButOutdated
                ? PasswordAnswer.Valid with { Replacement = PasswordHash.Create(password) }
                : PasswordAnswer.Valid;
        }
        finally
        {
            lock (gate)
            {
                running.Remove(fingerprint);
            }
        }
    }
}
