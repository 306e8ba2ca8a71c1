using Registry.Storage.Objects;
using Registry.Storage.Oci;

namespace Registry.Storage.Mirror;

/// <summary>A blob that is being fetched from an upstream.</summary>
/// <param name="Upload">The upload that its bytes go to.</param>
/// <param name="Repository">The repository of the upload: the first that was asked for the blob.</param>
/// <param name="Owner">The replica that fetches it, or did last; null when none has begun.</param>
/// <param name="Object">The object that grows; null when none has begun.</param>
/// <param name="Size">The bytes the upstream has told of; null when it was not asked yet.</param>
public sealed record FillRow(Guid Upload, RepositoryName Repository, string? Owner, ObjectId? Object, long? Size);
