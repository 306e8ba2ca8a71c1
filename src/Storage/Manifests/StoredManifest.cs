using Registry.Storage.Oci;

namespace Registry.Storage.Manifests;

/// <summary>A manifest as it is served.</summary>
/// <param name="Digest">The digest it was stored under.</param>
/// <param name="MediaType">Its media type without parameters.</param>
/// <param name="Size">Its length in bytes.</param>
/// <param name="Content">Its exact bytes; null where only the head was asked for.</param>
public sealed record StoredManifest(Digest Digest, string MediaType, long Size, byte[]? Content);
