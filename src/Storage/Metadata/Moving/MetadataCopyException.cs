namespace Registry.Storage.Metadata.Moving;

/// <summary>The metadata cannot be moved, and have not been. The message is for whoever moves them.</summary>
public sealed class MetadataCopyException(string message, Exception? inner = null) : Exception(message, inner);
