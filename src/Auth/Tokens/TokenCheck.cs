namespace Registry.Auth.Tokens;

/// <summary>What a token is worth.</summary>
public enum TokenStatus
{
    /// <summary>Nothing: it is malformed, foreign, forged, for another service, or of the future.</summary>
    Invalid,

    /// <summary>It was good until it expired. It may still finish an upload: see <see cref="TokenOptions.UploadGrace"/>.</summary>
    Expired,

    /// <summary>All it says.</summary>
    Valid,
}

/// <summary>The outcome of checking a token.</summary>
/// <param name="Status">What it is worth.</param>
/// <param name="Claims">What it says; null when it is invalid.</param>
/// <param name="Flaw">What is wrong with it, for the log; null when nothing is.</param>
public readonly record struct TokenCheck(TokenStatus Status, TokenClaims? Claims, string? Flaw)
{
    internal static TokenCheck Invalid(string flaw) => new(TokenStatus.Invalid, null, flaw);
}
