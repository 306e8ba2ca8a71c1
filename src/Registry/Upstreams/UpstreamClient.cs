namespace Registry.Upstreams;

/// <summary>Asks one upstream registry. Whatever goes wrong is an answer; only the caller's own cancellation throws.</summary>
internal sealed class UpstreamClient : IDisposable
{
    private readonly UpstreamOptions options;
    private readonly UpstreamLog log;
    private readonly CircuitBreaker breaker;
    private readonly UpstreamConnection connection;
    private readonly UpstreamTokens tokens;
    private readonly UpstreamExchange exchange;
    private readonly UpstreamSlots slots;

    public UpstreamClient(UpstreamOptions options, TimeProvider time, ILogger<UpstreamClient> logger)
    {
        this.options = options;
        log = new UpstreamLog(options.Alias, time, logger);
        breaker = new CircuitBreaker(time);
        connection = new UpstreamConnection(options, breaker, log);
        tokens = new UpstreamTokens(connection, time);
        exchange = new UpstreamExchange(options, new UpstreamAuthority(options, connection, tokens, log), new UpstreamRedirects(options, connection), time);
        slots = new UpstreamSlots(options.Connections);
        Budget = new UpstreamBudget(options.Credentials, time);
    }

    /// <summary>What the upstream has said about the credentials.</summary>
    public UpstreamBudget Budget { get; }

    /// <summary>Asks, and returns when the headers of the answer are there.</summary>
    public async Task<UpstreamAnswer> SendAsync(UpstreamRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return options.Offline
                ? throw new UpstreamException("The upstream is not asked: it is set to be offline.")
                : await TakeTurnAsync(request, cancellationToken);
        }
        catch (UpstreamException e)
        {
            if (e.Outcome is not UpstreamOutcome.Missing)
            {
                log.Answered(e.Message);
            }

            return UpstreamAnswer.Of(e);
        }
    }

    public void Dispose()
    {
        tokens.Dispose();
        connection.Dispose();
        slots.Dispose();
    }

    private async Task<UpstreamAnswer> TakeTurnAsync(UpstreamRequest request, CancellationToken cancellationToken)
    {
        var slot = await slots.TakeAsync(request.IsBlob, cancellationToken);
        UpstreamAnswer? answer = null;
        try
        {
            return answer = breaker.TryPass()
                ? await TryEachAsync(request, slot, cancellationToken)
                : throw new UpstreamException("The upstream is not asked: it has failed several times in a row.") { RetryAfter = CircuitBreaker.Pause };
        }
        finally
        {
            if (answer?.Body is not UpstreamBody)
            {
                slot.Dispose();
            }
        }
    }

    private async Task<UpstreamAnswer> TryEachAsync(UpstreamRequest request, IDisposable slot, CancellationToken cancellationToken)
    {
        for (var left = Budget.Accounts.Count; ; left--)
        {
            var account = Budget.Choose(request);
            try
            {
                return await exchange.RunAsync(request, account, slot, cancellationToken);
            }
            catch (UpstreamException e)
            {
                if (!Budget.IsWorthAnother(account, e) || left <= 1)
                {
                    throw;
                }
            }
        }
    }
}
