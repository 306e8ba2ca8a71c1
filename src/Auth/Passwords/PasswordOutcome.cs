namespace Registry.Auth.Passwords;

/// <summary>How an attempt to sign in with a password ended.</summary>
public enum PasswordOutcome
{
    /// <summary>The password does not belong to the account, or there is no such account.</summary>
    Invalid,

    /// <summary>The password is the account's.</summary>
    Valid,

    /// <summary>Nothing was verified; the client is to come again later.</summary>
    TooMany,
}
