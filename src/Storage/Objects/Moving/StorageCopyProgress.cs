namespace Registry.Storage.Objects.Moving;

/// <summary>How far a copy of objects has come.</summary>
/// <param name="Objects">The objects that have been looked at.</param>
/// <param name="Bytes">The bytes they have.</param>
/// <param name="TotalObjects">All objects, as counted at the start.</param>
/// <param name="TotalBytes">The bytes of all.</param>
/// <param name="Copied">Those that the target did not have, and has now.</param>
/// <param name="Problems">Those that could not be copied.</param>
public readonly record struct StorageCopyProgress(long Objects, long Bytes, long TotalObjects, long TotalBytes, long Copied, long Problems);
