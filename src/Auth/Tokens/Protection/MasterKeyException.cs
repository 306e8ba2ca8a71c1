namespace Registry.Auth.Tokens.Protection;

/// <summary>The master key is missing, is none, or is not the one the database was written with. The registry must not start.</summary>
public sealed class MasterKeyException(string message, Exception? inner = null) : Exception(message, inner);
