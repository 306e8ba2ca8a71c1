using Registry.Auth.Tokens.Keys;
using Registry.Auth.Tokens.Trusted;

namespace Registry.Auth.Tokens;

/// <summary>
/// Checks tokens, our own and those of trusted issuers, in one way: the issuer is found by its exact name, the key among the
/// issuer's by its id, and the key decides the algorithm. What was found right is remembered, but for the time.
/// </summary>
public sealed class TokenVerifier
{
    private readonly Issuer[] issuers;
    private readonly TimeProvider time;
    private readonly VerifiedTokens verified = new();

    /// <summary>Checks with our own keys and those of the trusted issuers.</summary>
    public TokenVerifier(SigningKeys keys, TrustedIssuers trusted, TokenOptions options, TimeProvider time)
    {
        issuers = [new OwnIssuer(options, keys), .. trusted.All];
        this.time = time;
    }

    /// <summary>What the token is worth now. Never fails.</summary>
    /// <param name="token">What follows <c>Bearer</c>.</param>
    public ValueTask<TokenCheck> VerifyAsync(ReadOnlyMemory<char> token)
    {
        if (token.Length > Jwt.MaxLength)
        {
            return new(TokenCheck.Invalid("it is too long"));
        }

        var hash = TokenHash.Of(token.Span);
        return verified.Find(hash) is { } claims ? new(Time(claims)) : new(VerifyNewAsync(token, hash));
    }

    private async Task<TokenCheck> VerifyNewAsync(ReadOnlyMemory<char> token, TokenHash hash)
    {
        if (Jwt.Parse(token.Span) is not { } jwt)
        {
            return TokenCheck.Invalid("it is no JSON Web Token");
        }

        var issuer = Array.Find(issuers, issuer => issuer.Name == jwt.Payload.Claims.Issuer);
        if (issuer is null)
        {
            return TokenCheck.Invalid("its issuer is not trusted");
        }

        if (Refuse(jwt, issuer) is { } flaw)
        {
            return TokenCheck.Invalid(flaw);
        }

        // The key's algorithm, not the header's, is the one that is used.
        if (await issuer.FindKeyAsync(jwt.Header) is not { } key || jwt.Header.Algorithm != key.Key.Algorithm.ToString())
        {
            return TokenCheck.Invalid("its issuer has no such key");
        }

        if (!key.Key.Verifies(jwt.Signed, jwt.Signature))
        {
            return TokenCheck.Invalid("its signature is wrong");
        }

        // Only our own service knows what the ids of our database mean.
        var claims = jwt.Payload.Claims;
        claims = issuer.IsOwn ? claims : claims with
        {
            External = true,
            CredentialId = null,
            Access = [.. claims.Access.Select(access => access with { Id = null })],
            Asked = [.. claims.Asked.Select(asked => asked with { Id = null })],
        };
        verified.Add(hash, claims, key, token.Length);
        return Time(claims);
    }

    // What does not depend on the time.
    private static string? Refuse(Jwt jwt, Issuer issuer)
    {
        var (header, payload) = (jwt.Header, jwt.Payload);
        return header switch
        {
            { IsCritical: true } => "it needs an extension",
            { Type: null } when !issuer.IsOwn => null,
            { Type: not "JWT" } => "it is of another type",
            _ => null,
        } ?? payload switch
        {
            _ when payload.Audience != issuer.Audience => "it is for another service",
            { HasExpiry: false } => "it does not expire",
            { Claims.IssuedAt: null } or { Claims.NotBefore: null } when issuer.IsOwn => "it does not say since when it is valid",
            { Claims: var claims } when issuer.IsOwn && claims.ExpiresAt - claims.IssuedAt > TokenOptions.MaxLifetime => "it is valid for too long",
            _ => null,
        };
    }

    private TokenCheck Time(TokenClaims claims)
    {
        var now = time.GetUtcNow();
        return claims switch
        {
            _ when claims.IssuedAt > now + TokenOptions.Skew || claims.NotBefore > now + TokenOptions.Skew => TokenCheck.Invalid("it is not valid yet"),
            _ when claims.ExpiresAt + TokenOptions.Skew <= now => new(TokenStatus.Expired, claims, "it has expired"),
            _ => new(TokenStatus.Valid, claims, null),
        };
    }
}
