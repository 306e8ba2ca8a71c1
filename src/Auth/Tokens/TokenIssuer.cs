using System.Security.Cryptography;
using Registry.Auth.Tokens.Keys;

namespace Registry.Auth.Tokens;

/// <summary>A token that was just issued. It shows nothing of itself as text.</summary>
/// <param name="Text">The token.</param>
/// <param name="Claims">What it says.</param>
public sealed record IssuedToken(string Text, TokenClaims Claims)
{
    /// <inheritdoc/>
    public override string ToString() => $"token {Claims.Id}";
}

/// <summary>Issues our own tokens.</summary>
public sealed class TokenIssuer(SigningKeys keys, TokenOptions options, TimeProvider time)
{
    // For clients and registries whose clock is a little behind.
    private static readonly TimeSpan Head = TimeSpan.FromSeconds(10);

    /// <summary>A new token.</summary>
    /// <param name="subject">The name of who gets it; empty for anonymous.</param>
    /// <param name="credentialId">What it is given for; null for anonymous.</param>
    /// <param name="access">What is granted.</param>
    /// <param name="asked">What was asked for, where it is more than what is granted; else empty.</param>
    public IssuedToken Issue(string subject, long? credentialId, IReadOnlyList<TokenAccess> access, IReadOnlyList<TokenAccess> asked)
    {
        // Whole seconds, as the token has them.
        var now = DateTimeOffset.FromUnixTimeSeconds(time.GetUtcNow().ToUnixTimeSeconds());
        var claims = new TokenClaims
        {
            Issuer = options.Issuer,
            Subject = subject,
            Id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)),
            IssuedAt = now,
            NotBefore = now - Head,
            ExpiresAt = now + options.Lifetime,
            CredentialId = credentialId,
            Access = access,
            Asked = asked,
        };
        var key = keys.Current;
        return new(Jwt.Write(claims, options.Service, key.Kid, key.Key), claims);
    }
}
