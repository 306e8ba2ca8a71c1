namespace Registry.Benchmarks;

/// <summary>Something the user can act on: a missing tool, a wrong option, a server that answered wrongly.</summary>
internal sealed class BenchmarkException(string message) : Exception(message);
