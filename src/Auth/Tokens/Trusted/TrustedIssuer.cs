using Registry.Auth.Tokens.Keys;

namespace Registry.Auth.Tokens.Trusted;

/// <summary>An external token server.</summary>
internal sealed class TrustedIssuer : Issuer, IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan PeriodAfterFailure = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan UnknownKeyPause = TimeSpan.FromSeconds(10);

    private readonly TrustedIssuerOptions options;
    private readonly TimeProvider time;
    private readonly KeySource source;
    private readonly SharedRefresh unknown;
    private readonly SemaphoreSlim reading = new(1);
    private volatile TrustedKeys keys = TrustedKeys.None;
    private DateTimeOffset due = DateTimeOffset.MinValue;

    public TrustedIssuer(TrustedIssuerOptions options, TimeProvider time) : base(options.Issuer, options.Service)
    {
        this.options = options;
        this.time = time;
        source = new(options.Keys);
        unknown = new(() => RefreshAsync(CancellationToken.None), UnknownKeyPause, time);
    }

    public override bool IsOwn => false;

    /// <summary>Whether the keys are in a file: that can be expected to be there at the start.</summary>
    public bool IsLocal => source.IsFile;

    public override ValueTask<VerificationKey?> FindKeyAsync(JwtHeader header) => keys.Find(header) is { } key ? new(key) : new(FindNewAsync(header));

    /// <summary>Reads the keys again when it is time to.</summary>
    /// <exception cref="TrustedKeysException">They cannot be had; those that are known stay.</exception>
    public Task TendAsync(CancellationToken cancellationToken) => time.GetUtcNow() >= due ? RefreshAsync(cancellationToken) : Task.CompletedTask;

    public void Dispose()
    {
        source.Dispose();
        reading.Dispose();
    }

    private async Task<VerificationKey?> FindNewAsync(JwtHeader header)
    {
        await unknown.RequestAsync();
        return keys.Find(header);
    }

    private async Task RefreshAsync(CancellationToken cancellationToken)
    {
        await reading.WaitAsync(cancellationToken);
        try
        {
            due = time.GetUtcNow() + PeriodAfterFailure;
            keys = keys.Become(TrustedKeys.Parse(await source.ReadAsync(cancellationToken), time));
            due = time.GetUtcNow() + Period;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or HttpRequestException or OperationCanceledException or FormatException
            && !cancellationToken.IsCancellationRequested)
        {
            throw new TrustedKeysException(options, e);
        }
        finally
        {
            reading.Release();
        }
    }
}
