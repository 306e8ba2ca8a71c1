namespace Registry.Benchmarks.Loads;

/// <summary>What a load generator counted.</summary>
internal readonly record struct LoadResult(long Requests, long Errors, double Seconds)
{
    /// <summary>Requests per second; a load with errors measured something else and is refused.</summary>
    public double PerSecond =>
        Errors == 0 ? Requests / Seconds : throw new BenchmarkException($"{Errors} of {Requests} requests failed.");
}
