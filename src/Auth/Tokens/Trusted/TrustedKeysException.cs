namespace Registry.Auth.Tokens.Trusted;

/// <summary>The keys of an external token server cannot be had. Those that are known stay.</summary>
public sealed class TrustedKeysException(TrustedIssuerOptions issuer, Exception inner)
    : Exception($"the keys of the token server {issuer.Issuer} cannot be read from {issuer.Keys}: {inner.Message}", inner)
{
    /// <summary>The token server.</summary>
    public TrustedIssuerOptions Issuer { get; } = issuer;
}
