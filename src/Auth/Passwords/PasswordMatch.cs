namespace Registry.Auth.Passwords;

/// <summary>What a password is to a stored hash.</summary>
public enum PasswordMatch
{
    /// <summary>Another password.</summary>
    Wrong,

    /// <summary>The password.</summary>
    Right,

    /// <summary>The password; the hash is of an older or foreign kind and is to be replaced.</summary>
    RightButOutdated,
}
