using System.Reflection;
using Xunit.Sdk;

namespace Registry.Tests;

/// <summary>
/// Runs a theory once per engine. Further data follows the engine: <c>[Engines("a", 1)]</c> yields (engine, "a", 1).
/// The variable TEST_ENGINES ("Sqlite", "Postgres" or both with a comma) narrows the engines of a run.
/// </summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class EnginesAttribute(params object?[] data) : DataAttribute
{
    private static readonly Engine[] Chosen = Choose(Environment.GetEnvironmentVariable("TEST_ENGINES"));

    public object?[] Data { get; } = data;

    public override IEnumerable<object?[]> GetData(MethodInfo testMethod) =>
        Chosen.Select(engine => (object?[])[engine, .. Data]);

    private static Engine[] Choose(string? names) =>
        string.IsNullOrWhiteSpace(names)
            ? Enum.GetValues<Engine>()
            : [.. names.Split(',', StringSplitOptions.TrimEntries).Select(name => Enum.Parse<Engine>(name, ignoreCase: true))];
}
