using Microsoft.Extensions.DependencyInjection;
using Registry.Storage.Collection;
using Registry.Tests.Collection;
using Registry.Tests.Durability.Load;
using Registry.Tests.Wire;

namespace Registry.Tests.Replicas;

/// <summary>Several replicas write and collect at once, with hardly any grace: nothing that was acknowledged is lost, and nobody waits for anybody in a circle.</summary>
[Trait("Needs", "postgres")]
public sealed class SharedCollectionTests
{
    // Without any lease a push might never get its manifest in before its blobs are taken, however often it begins again.
    private static readonly (string, string)[] Brief = [("Collection:Lease", "0:00:01"), ("Collection:Grace", "0:00:01")];

    [Fact]
    public async Task Three_replicas_under_load_take_turns_at_collecting()
    {
        await using var replicas = await ReplicaSet.StartAsync(3, [.. Inventory.AtOnce, .. Brief, ("Uploads:Expiry", "0:00:05")]);
        using var ledger = new Ledger();
        var load = Writers.Start(replicas.Client, ledger, new LoadOptions { Writers = 6 }, Random.Shared.Next());
        var sql = Sql.Of(Engine.Postgres, replicas.Replicas[0]);
        for (var turn = 0; turn < 3; turn++)
        {
            var enough = ledger.Count + 30;
            var holder = (string)(await sql.RowsAsync("select coalesce(max(holder), '') from work_lease where work = 'collection'"))[0][0];
            await load.UntilAsync(() => ledger.Count >= enough, "changes are acknowledged");

            // As if its holder had died.
            await sql.ExecuteAsync("update work_lease set held_until = 0, holder = 'somebody' where work = 'collection'");
            await Eventually.TrueAsync(async () => (string)(await sql.RowsAsync("select holder from work_lease where work = 'collection'"))[0][0] != "somebody", $"somebody else than {holder} collects");
        }

        await load.StopAsync();
        await ledger.VerifyAsync(replicas.Client);
        await CollectedAsync(sql);
        await ledger.VerifyAsync(replicas.Client);
        Assert.All(replicas.Replicas, replica => Assert.DoesNotContain("deadlock", replica.Errors, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task D12_Replicas_that_collect_the_same_at_the_same_time_lose_nothing()
    {
        await using var first = await RegistryApp.StartAsync(Engine.Postgres, [.. Inventory.OnDemand, .. Brief]);
        await using var second = await ReplicaRowTests.StartSecondAsync(first, [.. Inventory.OnDemand, .. Brief]);
        await using var third = await ReplicaRowTests.StartSecondAsync(first, [.. Inventory.OnDemand, .. Brief]);
        using var ledger = new Ledger();
        using var stop = new CancellationTokenSource();
        var collecting = new[] { first, second, third }.Select(app => Task.Run(() => CollectAsync(app, stop.Token))).ToArray();

        // All bytes are the first one's; the others take rows away as fast as they can.
        var load = Writers.Start(first.Client, ledger, new LoadOptions { Writers = 6 }, Random.Shared.Next());
        await load.UntilAsync(() => ledger.Count > 100, "changes are acknowledged");

        await load.StopAsync();
        await stop.CancelAsync();
        await Task.WhenAll(collecting);
        await ledger.VerifyAsync(first.Client);
        await new Inventory(first).CollectAsync();
        await ledger.VerifyAsync(first.Client);
    }

    /// <summary>D12: REPLICA_UPLOADS is how many uploads there are, one thousand for a long night.</summary>
    [Theory, InlineData(Engine.Postgres), InlineData(Engine.PostgresS3)]
    [Trait("Needs", "time")]
    public async Task D12_Chunked_uploads_over_three_replicas_outlive_those_that_are_killed(Engine engine)
    {
        var count = int.Parse(Environment.GetEnvironmentVariable("REPLICA_UPLOADS") ?? "60", System.Globalization.CultureInfo.InvariantCulture);
        await using var replicas = await ReplicaSet.StartAsync(3, engine);
        using var stop = new CancellationTokenSource();
        var killing = Task.Run(() => KillAsync(replicas, stop.Token));
        var repository = new RepositoryWire(replicas.Client, "team/app");
        var digests = new System.Collections.Concurrent.ConcurrentBag<string>();

        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (_, _) => digests.Add(await PatientUpload.RunAsync(repository)));

        await stop.CancelAsync();
        await killing;
        Assert.Equal(count, digests.Count);
        foreach (var digest in digests)
        {
            Assert.Equal(digest, Oci.Digest((await repository.GetAsync($"blobs/{digest}")).Is(200).Body));
        }
    }

    private static async Task KillAsync(ReplicaSet replicas, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await Task.Delay(TimeSpan.FromSeconds(2), CancellationToken.None);
            await replicas.Replicas[Random.Shared.Next(3)].KillAndStartAgainAsync();
        }
    }

    private static async Task CollectAsync(RegistryApp app, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await app.Services.GetRequiredService<Collector>().RunAsync(CancellationToken.None);
        }
    }

    private static Task CollectedAsync(Sql sql) => Eventually.TrueAsync(
        async () => await sql.NumberAsync(
            "select (select count(*) from manifest_queue) + (select count(*) from blob_queue) + (select count(*) from object where state = 2)") == 0,
        "collection comes to rest");
}
