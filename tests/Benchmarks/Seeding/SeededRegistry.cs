namespace Registry.Benchmarks.Seeding;

/// <summary>A registry that stands still with more content than could be pushed in the time of a run.</summary>
/// <param name="DataDirectory">The data directory of the program.</param>
/// <param name="Postgres">How to reach its database; null when it is SQLite in the data directory.</param>
/// <param name="Subject">The manifest with many referrers.</param>
/// <param name="Referrers">The digests of its referrers, in order.</param>
internal sealed record SeededRegistry(string DataDirectory, string? Postgres, string Subject, string[] Referrers);
