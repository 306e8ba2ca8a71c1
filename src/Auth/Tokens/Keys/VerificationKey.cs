namespace Registry.Auth.Tokens.Keys;

/// <summary>A public key that is trusted until it is withdrawn. What was checked with it is remembered together with it.</summary>
public sealed class VerificationKey(PublicKey key)
{
    private volatile bool withdrawn;

    /// <summary>The key.</summary>
    public PublicKey Key { get; } = key;

    /// <summary>Whether it is trusted no more.</summary>
    public bool IsWithdrawn => withdrawn;

    internal void Withdraw() => withdrawn = true;
}
