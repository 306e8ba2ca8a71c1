namespace Registry.Auth.Tokens.Trusted;

/// <summary>The external token servers whose tokens are accepted.</summary>
public sealed class TrustedIssuers : IDisposable
{
    private readonly TrustedIssuer[] issuers;

    /// <summary>Describes them; <see cref="StartAsync"/> reads their keys.</summary>
    public TrustedIssuers(TokenOptions options, TimeProvider time) =>
        issuers = [.. options.Trusted.Select(trusted => new TrustedIssuer(trusted, time))];

    internal IReadOnlyList<Issuer> All => issuers;

    /// <summary>Reads the files. Addresses are left to <see cref="TendAsync(CancellationToken)"/>: another server that is down must not keep this one from starting.</summary>
    /// <exception cref="TrustedKeysException">A file is no file of keys.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var issuer in issuers.Where(issuer => issuer.IsLocal))
        {
            await issuer.TendAsync(cancellationToken);
        }
    }

    /// <summary>Reads the keys again that are due. Called every second; all servers are asked at once. Failures, which change nothing, are returned.</summary>
    public async Task<IReadOnlyList<TrustedKeysException>> TendAsync(CancellationToken cancellationToken)
    {
        var failures = await Task.WhenAll(issuers.Select(issuer => TendAsync(issuer, cancellationToken)));
        return [.. failures.OfType<TrustedKeysException>()];
    }

    /// <inheritdoc/>
    public void Dispose() => Array.ForEach(issuers, issuer => issuer.Dispose());

    private static async Task<TrustedKeysException?> TendAsync(TrustedIssuer issuer, CancellationToken cancellationToken)
    {
        try
        {
            await issuer.TendAsync(cancellationToken);
            return null;
        }
        catch (TrustedKeysException e)
        {
            return e;
        }
    }
}
