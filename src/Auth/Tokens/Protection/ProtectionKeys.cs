using Microsoft.AspNetCore.DataProtection.KeyManagement;

namespace Registry.Auth.Tokens.Protection;

/// <summary>
/// The keys of data protection, which looks for new ones once a day. A replica may have made one that this one needs now: two that start
/// together, or one whose clock is minutes behind, each make their own.
/// </summary>
public sealed class ProtectionKeys(XmlKeyManager keys) : IKeyManager, IDisposable
{
    private CancellationTokenSource copy = new();

    /// <summary>Has the keys read again by whoever needs one next.</summary>
    public void Renew() => Interlocked.Exchange(ref copy, new()).Cancel();

    /// <inheritdoc/>
    public CancellationToken GetCacheExpirationToken() =>
        CancellationTokenSource.CreateLinkedTokenSource(copy.Token, keys.GetCacheExpirationToken()).Token;

    /// <inheritdoc/>
    public IReadOnlyCollection<IKey> GetAllKeys() => keys.GetAllKeys();

    /// <inheritdoc/>
    public IKey CreateNewKey(DateTimeOffset activationDate, DateTimeOffset expirationDate) => keys.CreateNewKey(activationDate, expirationDate);

    /// <inheritdoc/>
    public void RevokeKey(Guid keyId, string? reason = null) => keys.RevokeKey(keyId, reason);

    /// <inheritdoc/>
    public void RevokeAllKeys(DateTimeOffset revocationDate, string? reason = null) => keys.RevokeAllKeys(revocationDate, reason);

    /// <inheritdoc/>
    public void Dispose() => copy.Dispose();
}
