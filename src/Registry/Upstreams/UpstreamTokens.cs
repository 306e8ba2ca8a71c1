using System.Net;

namespace Registry.Upstreams;

/// <summary>Tokens of an upstream's token server: kept until a tenth of their time is left, and fetched once however many wait for one.</summary>
internal sealed class UpstreamTokens(UpstreamConnection connection, TimeProvider time) : IDisposable
{
    private const int MaxAnswer = 128 << 10;
    private const int MaxTokens = 1000;

    // So that a server that fails is not asked for each request, and one that has recovered is asked soon.
    private static readonly TimeSpan FailureTime = TimeSpan.FromSeconds(5);

    private readonly Lock mutex = new();
    private readonly Dictionary<TokenKey, Entry> entries = [];
    private readonly CancellationTokenSource stopped = new();

    /// <summary>A token, and whether it was there before.</summary>
    /// <exception cref="UpstreamException">There is none.</exception>
    public async Task<(UpstreamToken Token, bool IsOld)> GetAsync(TokenKey key, CancellationToken cancellationToken)
    {
        Entry? entry;
        var isOld = true;
        lock (mutex)
        {
            if (!entries.TryGetValue(key, out entry) || entry.IsOver(time))
            {
                MakeRoom();
                isOld = false;
                var fetched = entry = entries[key] = new Entry();

                // Not the caller's: others wait for it, too.
                fetched.Token = Task.Run(() => FetchAsync(key, fetched), CancellationToken.None);
            }
        }

        return (await entry.Token.WaitAsync(cancellationToken), isOld);
    }

    /// <summary>Forgets a token that is not accepted, if it is still the one that is kept.</summary>
    public void Drop(UpstreamToken token)
    {
        lock (mutex)
        {
            foreach (var (key, entry) in entries)
            {
                if (entry.Token is { IsCompletedSuccessfully: true } fetched && fetched.Result == token)
                {
                    entries.Remove(key);
                    return;
                }
            }
        }
    }

    public void Dispose()
    {
        stopped.Cancel();
        stopped.Dispose();
    }

    // Names come from clients: there may be any number.
    private void MakeRoom()
    {
        if (entries.Count >= MaxTokens)
        {
            foreach (var (key, entry) in entries.Where(pair => pair.Value.Token.IsCompleted).ToList())
            {
                entries.Remove(key);
            }
        }
    }

    private async Task<UpstreamToken> FetchAsync(TokenKey key, Entry entry)
    {
        try
        {
            var token = await AskAsync(key);
            entry.EndAfter(token.Lifetime * 0.9, time);
            return token;
        }
        catch
        {
            entry.EndAfter(FailureTime, time);
            throw;
        }
    }

    private async Task<UpstreamToken> AskAsync(TokenKey key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, key.Query);
        var isSignedIn = key is { Credential: not null, Realm.IsTrusted: true };
        request.Headers.Authorization = isSignedIn ? UpstreamGrant.Basic(key.Credential!) : null;
        using var response = await connection.SendAsync(request, stopped.Token);
        return response.StatusCode switch
        {
            HttpStatusCode.OK => UpstreamToken.Parse(await connection.ReadAsync(response, MaxAnswer, stopped.Token))
                ?? throw new UpstreamException("The upstream's token server answered without a token."),
            HttpStatusCode.TooManyRequests => throw new UpstreamException("The rate limit of the upstream's token server is reached.", UpstreamOutcome.Limited)
            {
                RetryAfter = RetryAfter.Of(response, time),
            },

            // As ghcr.io does for what is private or not there; with credentials it may mean that those do not hold.
            HttpStatusCode.Forbidden when key.Credential is null => throw new UpstreamException("The upstream does not have it, or not for everyone.", UpstreamOutcome.Missing),
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden when isSignedIn => throw new UpstreamException("The upstream's token server does not accept the credentials.")
            {
                RefusesCredential = true,
            },
            var status => throw new UpstreamException($"The upstream's token server answered {(int)status}.") { RetryAfter = RetryAfter.Of(response, time) },
        };
    }

    private sealed class Entry
    {
        private long since;
        private TimeSpan time;

        public Task<UpstreamToken> Token { get; set; } = null!;

        public bool IsOver(TimeProvider clock) => Token.IsCompleted && clock.GetElapsedTime(since) >= time;

        public void EndAfter(TimeSpan duration, TimeProvider clock) => (since, time) = (clock.GetTimestamp(), duration);
    }
}
