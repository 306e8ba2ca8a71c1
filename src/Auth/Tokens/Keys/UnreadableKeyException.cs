namespace Registry.Auth.Tokens.Keys;

/// <summary>A stored key that cannot be read: it was changed, or it was protected with another master key.</summary>
public sealed class UnreadableKeyException(string kid, Exception? inner = null)
    : Exception($"the signing key {kid} in the database cannot be read: it was changed, or it was protected with another master key", inner)
{
    /// <summary>The key.</summary>
    public string Kid { get; } = kid;
}
