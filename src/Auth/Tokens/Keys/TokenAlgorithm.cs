namespace Registry.Auth.Tokens.Keys;

/// <summary>The signature algorithms that are allowed, under their names in a token's header. Each key has exactly one.</summary>
public enum TokenAlgorithm
{
    /// <summary>ECDSA with SHA-256 on P-256.</summary>
    ES256,

    /// <summary>RSA with SHA-256, PKCS #1 v1.5.</summary>
    RS256,

    /// <summary>Ed25519.</summary>
    EdDSA,
}
