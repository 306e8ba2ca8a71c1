using Registry.Storage;
using Registry.Tests.Collection;
using Registry.Tests.Durability.Load;
using Xunit.Abstractions;

namespace Registry.Tests.Durability;

/// <summary>
/// D5: the same scenario again and again, in which the registry dies the first, second, third… time that it reaches a fault
/// point, until it no longer does: right before and right after syncs, commits and removals. <c>tests/kill</c> takes every
/// number of times, the run of all tests 1, 2, 4, 7, 11…
/// </summary>
[Trait("Needs", "time")]
public sealed class FaultPointTests(ITestOutputHelper output)
{
    private static readonly (string, string)[] Settings = [.. Inventory.AtOnce, ("Uploads:Expiry", "0:00:00.5"), ("Collection:Interval", "0:00:00.1")];

    private static readonly bool EveryTime = Environment.GetEnvironmentVariable("KILL_EVERY_TIME") is { Length: > 0 };

    [Theory, Engines]
    public async Task D5_What_was_acknowledged_survives_a_kill_at_every_fault_point(Engine engine)
    {
        using var ledger = new Ledger();
        await using var registry = await RegistryProcess.StartAsync(engine, Settings);
        var scenario = new Scenario(engine, registry, ledger);
        registry.Kill();

        foreach (var point in Enum.GetValues<FaultPoint>())
        {
            var kills = 0;
            for (var times = 1; await scenario.DiesAtAsync($"{point}:{times}"); times += EveryTime ? 1 : kills)
            {
                kills++;
            }

            output.WriteLine($"{engine} {point}: {kills} kills");
            Assert.True(kills > 0, $"{point} was never reached");
        }

        await registry.StartAgainAsync();
        await scenario.VerifyAsync();
        await new Remains(engine, registry).SettleAsync();
    }

    [Theory, Engines]
    public async Task D5_A_first_start_that_is_killed_anywhere_is_completed_by_the_next(Engine engine)
    {
        foreach (var point in new[] { FaultPoint.AfterFolderSync, FaultPoint.BeforeCommit, FaultPoint.AfterCommit })
        {
            var kills = 0;
            while (await DiesAtFirstStartAsync(engine, $"{point}:{kills + 1}"))
            {
                kills++;
            }

            Assert.True(kills > 0, $"{point} was never reached");
        }
    }

    private static async Task<bool> DiesAtFirstStartAsync(Engine engine, string faultPoint)
    {
        await using var registry = await RegistryProcess.CreateAsync(engine);
        var died = !await registry.StartAgainAsync(faultPoint);
        registry.Kill();
        await registry.ExitedAsync();
        Assert.True(!died || registry.Errors.Contains($"killed at fault point {faultPoint}", StringComparison.Ordinal), registry.Errors);
        await registry.StartAgainAsync();
        await registry.Repository("fault/app").PushImageAsync("v1");
        return died;
    }
}
