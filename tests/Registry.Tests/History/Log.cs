using System.Collections.Concurrent;
using System.Diagnostics;

namespace Registry.Tests.History;

/// <summary>What all clients did, by register, and what they know of each other's writes.</summary>
internal sealed class Log
{
    private readonly ConcurrentDictionary<string, ConcurrentBag<Operation>> _registers = new();
    private readonly ConcurrentDictionary<string, string> _latest = new();

    /// <summary>Every manifest that was ever sent, by digest.</summary>
    public ConcurrentDictionary<string, byte[]> Manifests { get; } = new();

    public IEnumerable<Operation> Operations => _registers.Values.SelectMany(operations => operations);

    public static long Now => Stopwatch.GetTimestamp();

    public void Add(string register, Operation operation) => _registers.GetOrAdd(register, _ => []).Add(operation);

    /// <summary>The digest that a tag was last seen with: conditions on it are fulfilled often, and often just not any more.</summary>
    public string? Latest(string tag) => _latest.GetValueOrDefault(tag);

    public void SetLatest(string tag, string digest) => _latest[tag] = digest;

    /// <summary>Every register whose history no linear order explains, with the reason.</summary>
    public IReadOnlyList<string> Refutations() =>
        [.. _registers.AsParallel().Select(register => LinearOrder.Refute(register.Value) is { } why ? $"{register.Key}: {why}" : null).OfType<string>()];
}
