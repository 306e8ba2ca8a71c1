using Registry.Auth.Tokens.Keys;

namespace Registry.Auth.Tokens;

/// <summary>Somebody whose tokens are accepted, and the keys of nobody else for them.</summary>
/// <param name="name">The <c>iss</c>.</param>
/// <param name="audience">The only <c>aud</c> that is accepted.</param>
internal abstract class Issuer(string name, string audience)
{
    public string Name { get; } = name;

    public string Audience { get; } = audience;

    /// <summary>Whether the tokens are our own: then all that we write must be there, and our ids mean something.</summary>
    public abstract bool IsOwn { get; }

    /// <summary>The key that the header names; null when there is none. Never fails.</summary>
    public abstract ValueTask<VerificationKey?> FindKeyAsync(JwtHeader header);
}
