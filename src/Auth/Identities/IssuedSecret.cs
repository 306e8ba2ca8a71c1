namespace Registry.Auth.Identities;

/// <summary>A secret that has just been made: the only time it is known.</summary>
/// <param name="Credential">What is kept of it.</param>
/// <param name="Secret">The secret, for its owner alone.</param>
public sealed record IssuedSecret(Credential Credential, string Secret)
{
    /// <summary>Without the secret, so that no log can hold it.</summary>
    public override string ToString() => $"credential {Credential.Id}";
}
