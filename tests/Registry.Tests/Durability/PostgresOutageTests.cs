using Registry.Tests.Collection;
using Registry.Tests.Durability.Load;
using Registry.Tests.Wire;

namespace Registry.Tests.Durability;

/// <summary>
/// D27: PostgreSQL goes away under load and comes back, or the connection is cut at COMMIT. Clients are told 503 and try again; what was
/// acknowledged stays, and nothing has to be restarted.
/// </summary>
[Trait("Needs", "postgres")]
public sealed class PostgresOutageTests
{
    private static readonly LoadOptions Patient = new() { Outages = true };

    /// <summary>SIGINT is the server's fast shutdown, SIGQUIT the immediate one, after which it has to recover as from a crash.</summary>
    [Theory, InlineData("INT"), InlineData("QUIT")]
    public async Task D27_A_restart_of_PostgreSQL_under_load_loses_nothing_and_is_healed_from(string signal)
    {
        await using var postgres = await PostgresCluster.StartOwnAsync();
        await using var registry = await StartAsync(await postgres.CreateAsync());
        using var ledger = new Ledger();
        var repository = new RepositoryWire(registry.Client, "load/idle");
        var image = LoadImage.Small(1);
        await new Writer(registry.Client, repository.Name, "load/app0", ledger, Patient, seed: 1).PushAsync(image, "v1");
        var load = Writers.Start(registry.Client, ledger, Patient, Random.Shared.Next());

        for (var restart = 0; restart < 3; restart++)
        {
            await MoreAsync(load, ledger);
            await postgres.StopAsync(signal);
            (await repository.PostAsync()).IsError(503, "UNAVAILABLE").Has("Retry-After", "5");
            (await repository.DeleteAsync($"manifests/{image.Digest}")).IsError(503, "UNAVAILABLE").Has("Retry-After", "5");
            (await repository.GetAsync("manifests/v1")).IsError(503, "UNAVAILABLE").Has("Retry-After", "5");
            (await registry.Client.SendAsync("GET", "/readyz")).Is(503);
            (await registry.Client.SendAsync("GET", "/healthz")).Is(200);
            await postgres.StartAgainAsync();
        }

        await MoreAsync(load, ledger);
        await load.StopAsync();
        await AssertAllThereAsync(registry, ledger);
    }

    [Fact]
    public async Task D27_Commits_cut_at_random_under_load_lose_nothing()
    {
        await using var tap = PostgresTap.On(await PostgresCluster.CreateDatabaseAsync());
        await using var registry = await StartAsync(tap.ConnectionString);
        using var ledger = new Ledger();
        tap.CutCommits(oneIn: 10);
        var load = Writers.Start(registry.Client, ledger, Patient, Random.Shared.Next());

        await load.UntilAsync(() => tap.Cuts > 12 && ledger.Count > 12, "changes are acknowledged although commits are cut");

        await load.StopAsync();
        tap.CutNoCommits();
        await AssertAllThereAsync(registry, ledger);
    }

    private static Task<RegistryProcess> StartAsync(string connectionString) => RegistryProcess.StartAsync(
        Engine.Postgres, [.. Inventory.AtOnce, ("Uploads:Expiry", "0:00:01"), ("ConnectionStrings:Postgres", connectionString)]);

    private static Task MoreAsync(Writers load, Ledger ledger)
    {
        var enough = ledger.Count + 30;
        return load.UntilAsync(() => ledger.Count >= enough, "changes are acknowledged");
    }

    private static async Task AssertAllThereAsync(RegistryProcess registry, Ledger ledger)
    {
        var remains = new Remains(Engine.Postgres, registry);
        await ledger.VerifyAsync(registry.Client);
        await remains.LetClaimsLapseAsync();
        await remains.SettleAsync();
        await ledger.VerifyAsync(registry.Client);
    }
}
