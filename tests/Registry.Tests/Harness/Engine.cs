namespace Registry.Tests;

/// <summary>The metadata engines the product runs on.</summary>
public enum Engine
{
    /// <summary>Embedded, a file in the data directory.</summary>
    Sqlite,

    /// <summary>A database of its own in the cluster of the test run.</summary>
    Postgres,
}
