namespace Registry.Storage.Oci;

/// <summary>The digest algorithms that content is stored under (image-spec, descriptor.md, "Registered algorithms").</summary>
public enum DigestAlgorithm
{
    /// <summary>SHA-256: 64 lower-case hex digits.</summary>
    Sha256 = 1,

    /// <summary>SHA-512: 128 lower-case hex digits.</summary>
    Sha512 = 2,
}
