using Registry.Storage.Metadata;
using Registry.Storage.Objects.Moving;
using Registry.Storage.Objects.S3;

namespace Registry.Storage.Objects;

/// <summary>Makes the object stores that the options name.</summary>
public static class ObjectStores
{
    /// <summary>The store of a registry: one, or two while it moves from the second to the first.</summary>
    public static IObjectStore Open(StorageOptions options, Database database, GrowingObjects growing) => OpenSecond(options, database) is { } second
        ? new TwoObjectStores(OpenFirst(options, database, growing), second)
        : OpenFirst(options, database, growing);

    internal static IObjectStore? OpenSecond(StorageOptions options, Database database)
    {
        var growing = new GrowingObjects(); // nothing is written there any more
        return options.SecondS3 is { } s3 ? new S3ObjectStore(s3, database, options.SpoolDirectory, growing)
            : options.SecondOnDisk ? new DiskObjectStore(options.DataDirectory, database, growing)
            : null;
    }

    private static IObjectStore OpenFirst(StorageOptions options, Database database, GrowingObjects growing) =>
        options.S3 is { } s3 ? new S3ObjectStore(s3, database, options.SpoolDirectory, growing) : new DiskObjectStore(options.DataDirectory, database, growing);
}
