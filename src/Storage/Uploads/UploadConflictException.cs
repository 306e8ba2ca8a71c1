namespace Registry.Storage.Uploads;

/// <summary>The chunk does not fit where the upload stands, or somebody else is writing. The session lives on (416).</summary>
/// <param name="position">The bytes stored so far.</param>
/// <param name="message">What did not fit.</param>
public sealed class UploadConflictException(long position, string message) : Exception(message)
{
    /// <summary>The bytes stored so far.</summary>
    public long Position { get; } = position;
}
