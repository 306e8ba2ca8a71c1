namespace Registry.Configuration;

/// <summary>A wrong setting. It stops the start; the message names the key, the value and what is allowed.</summary>
public sealed class ConfigurationException(string message) : Exception(message);
