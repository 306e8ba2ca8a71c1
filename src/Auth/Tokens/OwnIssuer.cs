using Registry.Auth.Tokens.Keys;

namespace Registry.Auth.Tokens;

/// <summary>The token service of this registry.</summary>
internal sealed class OwnIssuer(TokenOptions options, SigningKeys keys) : Issuer(options.Issuer, options.Service)
{
    public override bool IsOwn => true;

    public override ValueTask<VerificationKey?> FindKeyAsync(JwtHeader header) => header.Kid is { } kid ? keys.FindAsync(kid) : default;
}
