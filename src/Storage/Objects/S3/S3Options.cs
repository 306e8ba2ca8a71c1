namespace Registry.Storage.Objects.S3;

/// <summary>Where the bucket is and how it is used. Values are checked where they are read from the configuration.</summary>
public sealed record S3Options
{
    /// <summary>The bucket.</summary>
    public required string Bucket { get; init; }

    /// <summary>The store's address, or null for AWS.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>The address under which clients reach the store, if it is another one; redirects are signed for it.</summary>
    public Uri? PublicEndpoint { get; init; }

    /// <summary>The region, or null where the store has none.</summary>
    public string? Region { get; init; }

    /// <summary>The access key, or null to find credentials in the environment, a web identity or the machine's metadata.</summary>
    public string? AccessKey { get; init; }

    /// <summary>The secret of <see cref="AccessKey"/>.</summary>
    public string? SecretKey { get; init; }

    /// <summary>The session token of temporary keys.</summary>
    public string? SessionToken { get; init; }

    /// <summary>Whether the bucket is in the path rather than in the host name.</summary>
    public bool PathStyle { get; init; }

    /// <summary>What all keys begin with, without slashes at its ends; empty for nothing.</summary>
    public string Prefix { get; init; } = string.Empty;

    /// <summary>How the store encrypts what it keeps.</summary>
    public S3Encryption Encryption { get; init; }

    /// <summary>The key of <see cref="S3Encryption.Kms"/>, or null for the account's own.</summary>
    public string? KmsKey { get; init; }

    /// <summary>When checksums are sent and checked.</summary>
    public S3Checksum Checksum { get; init; }

    /// <summary>Certificates that are trusted besides the system's (PEM), or null.</summary>
    public string? CaFile { get; init; }

    /// <summary>How long one request to the store may take to be answered.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(100);

    /// <summary>How often a request is repeated.</summary>
    public int Retries { get; init; } = 4;

    /// <summary>The memory in bytes that all uploads together may use for parts.</summary>
    public long Buffers { get; init; } = 128 << 20;
}

/// <summary>How the store encrypts what it keeps.</summary>
public enum S3Encryption
{
    /// <summary>As the bucket is set up.</summary>
    None,

    /// <summary>SSE-S3: with keys of the store.</summary>
    S3,

    /// <summary>SSE-KMS: with a key of a key management service.</summary>
    Kms,
}

/// <summary>When checksums are sent with objects and checked on the way back.</summary>
public enum S3Checksum
{
    /// <summary>Where the operation demands one.</summary>
    WhenRequired,

    /// <summary>Always. Older stores refuse it.</summary>
    WhenSupported,
}
