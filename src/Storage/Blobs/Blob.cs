using Registry.Storage.Objects;

namespace Registry.Storage.Blobs;

/// <summary>A blob that a repository shows.</summary>
/// <param name="Object">Where its bytes are.</param>
/// <param name="Size">Its length in bytes.</param>
public sealed record Blob(ObjectId Object, long Size);
