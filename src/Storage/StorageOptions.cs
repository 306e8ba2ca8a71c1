using Registry.Storage.Objects.S3;

namespace Registry.Storage;

/// <summary>What the storage can be told. Values are checked where they are read from the configuration.</summary>
public sealed record StorageOptions
{
    /// <summary>Where objects, and the database without PostgreSQL, lie.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>The file of the embedded database.</summary>
    public string SqliteFile => Path.Combine(DataDirectory, "registry.db");

    /// <summary>Where bytes lie that are followed on their way to another place. Nothing in it outlives the process.</summary>
    public string SpoolDirectory => Path.Combine(DataDirectory, "spool");

    /// <summary>Npgsql's connection string, or null for the embedded database.</summary>
    public string? Postgres { get; init; }

    /// <summary>The bucket that objects are kept in, or null for the disk.</summary>
    public S3Options? S3 { get; init; }

    /// <summary>Whether objects may also be on disk, where they were before they move to <see cref="S3"/>.</summary>
    public bool SecondOnDisk { get; init; }

    /// <summary>The bucket that objects may also be in, because they move from there; or null.</summary>
    public S3Options? SecondS3 { get; init; }

    /// <summary>Whether there is a second store.</summary>
    public bool HasSecond => SecondOnDisk || SecondS3 is not null;

    /// <summary>How long an upload session lives after its last byte.</summary>
    public TimeSpan UploadExpiry { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Accept indexes whose children have not been pushed.</summary>
    public bool SparseIndexes { get; init; }

    /// <summary>How long "this blob exists" is kept as a promise before a manifest names it.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long what nothing refers to stays, at least as long as a lease.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long a deleted manifest could be brought back.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.Zero;

    /// <summary>How often collection looks for work when it has none.</summary>
    public TimeSpan CollectionInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Collect manifests that no tag and no index names.</summary>
    public bool CollectUntagged { get; init; }
}
