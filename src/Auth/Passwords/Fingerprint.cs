namespace Registry.Auth.Passwords;

/// <summary>What is remembered of a name, an address or a password: its HMAC under a key that only this process knows.</summary>
/// <remarks>Looking one up tells by its timing nothing about secrets, for nobody else can compute or choose it.</remarks>
internal readonly record struct Fingerprint(UInt128 High, UInt128 Low);
