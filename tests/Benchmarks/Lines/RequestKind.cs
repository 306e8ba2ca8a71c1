namespace Registry.Benchmarks.Lines;

/// <summary>The small requests that are measured.</summary>
internal enum RequestKind
{
    ManifestByTag,
    ManifestByDigest,
    BlobHead,
    Blob,
}
