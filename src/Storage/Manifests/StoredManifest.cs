using Registry.Storage.Oci;

namespace Registry.Storage.Manifests;

/// <summary>A manifest as it is served.</summary>
/// <param name="Digest">The digest it was stored under.</param>
/// <param name="MediaType">Its media type without parameters.</param>
/// <param name="Size">Its length in bytes.</param>
/// <param name="Content">Its exact bytes; null where only the head was asked for.</param>
/// <param name="CheckedAt">When the upstream was last asked for the tag, in milliseconds since 1970; null for what was pushed here.</param>
public sealed record StoredManifest(Digest Digest, string MediaType, long Size, byte[]? Content, long? CheckedAt);
