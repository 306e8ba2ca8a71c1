namespace Registry.Auth.Tokens.Keys;

/// <summary>A key of the token service.</summary>
public sealed class SigningKey
{
    internal SigningKey(string kid, PrivateKey key, DateTimeOffset createdAt, DateTimeOffset activeAt)
        : this(kid, key, new VerificationKey(key.PublicKey), createdAt, activeAt)
    {
    }

    private SigningKey(string kid, PrivateKey key, VerificationKey verification, DateTimeOffset createdAt, DateTimeOffset activeAt)
    {
        Kid = kid;
        Key = key;
        Verification = verification;
        CreatedAt = createdAt;
        ActiveAt = activeAt;
    }

    /// <summary>Its name: the thumbprint of its public half.</summary>
    public string Kid { get; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; }

    /// <summary>From when on it signs. Until then it is only published.</summary>
    public DateTimeOffset ActiveAt { get; }

    /// <summary>Its public half.</summary>
    public VerificationKey Verification { get; }

    /// <summary>Its private half.</summary>
    internal PrivateKey Key { get; }

    /// <summary>The same key with other times.</summary>
    internal SigningKey At(DateTimeOffset createdAt, DateTimeOffset activeAt) =>
        createdAt == CreatedAt && activeAt == ActiveAt ? this : new(Kid, Key, Verification, createdAt, activeAt);
}
