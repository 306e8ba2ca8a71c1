using System.Globalization;
using Registry.Tests.Durability.Load;
using Xunit.Abstractions;

namespace Registry.Tests.Durability;

/// <summary>
/// D1: pushes that share layers, pulls, deletes, and collection with one second of grace, all at once. <c>tests/soak</c> does it for
/// minutes. A second registry gets the same load without collection, in turns, to tell what collection costs.
/// </summary>
[Trait("Needs", "time")]
public sealed class SoakTests(ITestOutputHelper output)
{
    // One turn of the registry without collection to two of the one with it.
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(5);

    [Theory, Engines]
    public async Task D1_Under_collection_no_push_fails_nothing_is_lost_and_no_orphan_is_left(Engine engine)
    {
        var minutes = double.Parse(Environment.GetEnvironmentVariable("SOAK_MINUTES") is { Length: > 0 } text ? text : "0.25", CultureInfo.InvariantCulture);
        await using var collected = await SoakedRegistry.StartAsync(engine, interval: "0:00:00.05");
        await using var reference = await SoakedRegistry.StartAsync(engine, interval: "1.00:00:00");

        for (var soaked = TimeSpan.Zero; soaked < TimeSpan.FromMinutes(minutes); soaked += 2 * Turn)
        {
            await collected.LoadAsync(2 * Turn);
            await reference.LoadAsync(Turn);
        }

        output.WriteLine($"{engine} with collection: {collected}");
        output.WriteLine($"{engine} without:         {reference}");
        output.WriteLine($"{engine} p99 of pushes with collection is {collected.Push(99) / reference.Push(99):0.00} times that without");
        await collected.AssertWholeAsync();
        await collected.AssertCollectedAsync();
        await reference.AssertWholeAsync();
    }
}
