using Registry.Auth.Tokens.Keys;

namespace Registry.Auth.Tokens;

/// <summary>What the token service and the check of tokens are told. docs/configuration.md lists the keys.</summary>
public sealed record TokenOptions
{
    /// <summary>The <c>iss</c> of our own tokens.</summary>
    public string Issuer { get; init; } = "registry";

    /// <summary>The <c>aud</c> of our own tokens: what clients are told as <c>service</c>.</summary>
    public string Service { get; init; } = "registry";

    /// <summary>Where clients are sent for tokens: the token endpoint of another server; null for our own.</summary>
    public string? Realm { get; init; }

    /// <summary>How long a token of ours is valid.</summary>
    public TimeSpan Lifetime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a refresh token lasts after its last use.</summary>
    public TimeSpan RefreshLifetime { get; init; } = TimeSpan.FromDays(90);

    /// <summary>What new keys are made for.</summary>
    public TokenAlgorithm Algorithm { get; init; } = TokenAlgorithm.ES256;

    /// <summary>After which time a new key takes over.</summary>
    public TimeSpan KeyAge { get; init; } = TimeSpan.FromDays(30);

    /// <summary>How long a new key is known to all replicas before one signs with it.</summary>
    public TimeSpan KeyOverlap { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>External token servers whose tokens are accepted.</summary>
    public IReadOnlyList<TrustedIssuerOptions> Trusted { get; init; } = [];

    /// <summary>The longest that a token of ours is ever valid, whatever the setting is or was when it was issued.</summary>
    public static TimeSpan MaxLifetime { get; } = TimeSpan.FromHours(1);

    /// <summary>How long after its expiry a token still finishes the uploads it opened.</summary>
    public static TimeSpan UploadGrace { get; } = TimeSpan.FromHours(1);

    /// <summary>How far two clocks may be apart.</summary>
    public static TimeSpan Skew { get; } = TimeSpan.FromSeconds(60);
}

/// <summary>An external token server.</summary>
/// <param name="Issuer">The <c>iss</c> of its tokens.</param>
/// <param name="Service">The <c>aud</c> it gives them for us.</param>
/// <param name="Keys">Its public keys: the path of a PEM or JWKS file, or the http address of a JWKS.</param>
public sealed record TrustedIssuerOptions(string Issuer, string Service, string Keys);
