namespace Registry.Tests;

/// <summary>What the product runs on: where its metadata and its objects are.</summary>
public enum Engine
{
    /// <summary>Embedded, a file in the data directory; objects on disk.</summary>
    Sqlite,

    /// <summary>A database of its own in the cluster of the test run; objects on disk.</summary>
    Postgres,

    /// <summary>The same database, and a bucket of its own in the gateway of the test run.</summary>
    PostgresS3,
}
