using Registry.Tests.Collection;
using Registry.Tests.Durability.Load;
using Xunit.Abstractions;

namespace Registry.Tests.Durability;

/// <summary>
/// D5: the registry is killed at random moments while writers push, delete and pull, and collection works without any
/// waiting. <c>tests/kill</c> does it a thousand times.
/// </summary>
[Trait("Needs", "time")]
[OnS3]
public sealed class RandomKillTests(ITestOutputHelper output)
{
    private const int Rounds = 20;

    [Theory, Engines]
    public async Task D5_What_was_acknowledged_survives_kills_at_random_moments(Engine engine)
    {
        var rounds = Number("KILL_ROUNDS") ?? Rounds;
        var seed = Number("KILL_SEED") ?? Random.Shared.Next();
        output.WriteLine($"{engine}: {rounds} rounds with seed {seed}");
        var random = new Random(seed);
        using var ledger = new Ledger();
        await using var registry = await RegistryProcess.StartAsync(engine, [.. Inventory.AtOnce, ("Uploads:Expiry", "0:00:00.5")]);
        var remains = new Remains(engine, registry);
        var inDoubt = 0;

        for (var round = 0; round < rounds; round++)
        {
            var load = Writers.Start(registry.Client, ledger, new LoadOptions(), random.Next());
            var enough = ledger.Count + random.Next(60);
            await load.UntilAsync(() => ledger.Count >= enough, "changes are acknowledged");
            await Task.Delay(random.Next(15)); // so that the kill may come at any point of a request
            registry.Kill();
            await registry.ExitedAsync();
            var lost = await load.EndedAsync();
            inDoubt += lost.Count;

            await remains.AssertOrderAsync();
            await remains.LetClaimsLapseAsync();
            await registry.StartAgainAsync();
            await ledger.ResolveAsync(registry.Client, lost);
            await ledger.VerifyAsync(registry.Client);
            await remains.SettleAsync();
        }

        output.WriteLine($"{ledger.Count} changes acknowledged, {inDoubt} answers lost");
    }

    private static int? Number(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, System.Globalization.CultureInfo.InvariantCulture) : null;
}
