namespace Registry.Storage.Metadata;

/// <summary>A newer version of the program has written the database; this one must not touch it.</summary>
public sealed class NewerSchemaException(string message) : Exception(message);
