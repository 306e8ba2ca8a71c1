using System.Reflection;
using Xunit.Sdk;

namespace Registry.Tests;

/// <summary>
/// Runs a theory once per engine. Further data follows the engine: <c>[Engines("a", 1)]</c> yields (engine, "a", 1).
/// Classes with <see cref="OnS3Attribute"/> run on S3, too.
/// The variable TEST_ENGINES ("Sqlite", "Postgres", "PostgresS3" or some with commas) narrows the engines of a run.
/// </summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class EnginesAttribute(params object?[] data) : DataAttribute
{
    private static readonly Engine[] Chosen = Choose(Environment.GetEnvironmentVariable("TEST_ENGINES"));

    public object?[] Data { get; } = data;

    public override IEnumerable<object?[]> GetData(MethodInfo testMethod) =>
        Chosen.Where(engine => engine is not Engine.PostgresS3 || testMethod?.ReflectedType?.IsDefined(typeof(OnS3Attribute), inherit: true) is true)
            .Select(engine => (object?[])[engine, .. Data]);

    private static Engine[] Choose(string? names) =>
        string.IsNullOrWhiteSpace(names)
            ? Enum.GetValues<Engine>()
            : [.. names.Split(',', StringSplitOptions.TrimEntries).Select(name => Enum.Parse<Engine>(name, ignoreCase: true))];
}
