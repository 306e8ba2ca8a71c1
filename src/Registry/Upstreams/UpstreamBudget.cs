namespace Registry.Upstreams;

/// <summary>
/// Which credential a request uses: the one with the most left. One that has nothing left, or was told to wait, rests; nobody is asked
/// in vain with it.
/// </summary>
internal sealed class UpstreamBudget
{
    private static readonly TimeSpan DefaultRest = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ShortestRest = TimeSpan.FromSeconds(1);

    private readonly UpstreamAccount[] accounts;

    public UpstreamBudget(IReadOnlyList<UpstreamCredential> credentials, TimeProvider time) =>
        accounts = credentials.Count == 0 ? [new UpstreamAccount(null, time)] : [.. credentials.Select(credential => new UpstreamAccount(credential, time))];

    public IReadOnlyList<UpstreamAccount> Accounts => accounts;

    /// <summary>The account for a request.</summary>
    /// <exception cref="UpstreamException">All of them rest.</exception>
    public UpstreamAccount Choose(UpstreamRequest request)
    {
        // Docker Hub counts the manifests that are fetched: neither HEAD nor blobs.
        var counts = request.IsManifest && request.Method == HttpMethod.Get;
        return accounts.Where(account => account.Rest(counts) == TimeSpan.Zero)
            .OrderBy(account => account.IsRefused)
            .ThenByDescending(account => account.Remaining ?? long.MaxValue)
            .FirstOrDefault()
            ?? throw new UpstreamException("The upstream is not asked: its rate limit is reached.", UpstreamOutcome.Limited)
            {
                RetryAfter = accounts.Min(account => account.Rest(counts)),
            };
    }

    /// <summary>Takes note of a failure; whether another account is worth a try.</summary>
    public bool IsWorthAnother(UpstreamAccount account, UpstreamException failure)
    {
        if (failure.Outcome is UpstreamOutcome.Limited)
        {
            account.Limit(failure.RetryAfter is { } wait && wait > ShortestRest ? wait : failure.RetryAfter is null ? DefaultRest : ShortestRest);
        }
        else if (failure.RefusesCredential)
        {
            account.Refuse(DefaultRest);
        }
        else
        {
            return false;
        }

        return accounts.Length > 1;
    }
}
