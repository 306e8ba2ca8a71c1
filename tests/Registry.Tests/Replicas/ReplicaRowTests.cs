using Microsoft.Extensions.DependencyInjection;
using Registry.Storage.Replicas;
using Registry.Tests.Wire;

namespace Registry.Tests.Replicas;

/// <summary>Each replica has a row as long as it lives, and work that one of them does goes over to another.</summary>
[Trait("Needs", "postgres")]
public sealed class ReplicaRowTests
{
    [Fact]
    public async Task A_replica_is_listed_with_its_internal_address_until_it_stops()
    {
        var address = $"http://127.0.0.1:{Ports.Next()}";
        await using var first = await RegistryApp.StartAsync(Engine.Postgres);
        await using (await StartSecondAsync(first, ("Internal:Address", address)))
        {
            Assert.Contains(address, await AddressesAsync(first));
            Assert.Equal(2, (await AddressesAsync(first)).Count);
        }

        Assert.Equal([null], await AddressesAsync(first));
    }

    [Fact]
    public async Task The_row_of_a_replica_that_was_killed_is_removed_by_another()
    {
        await using var first = await RegistryApp.StartAsync(Engine.Postgres);
        await Sql.Of(Engine.Postgres, first).ExecuteAsync("insert into replica (id, started_at, heartbeat) values ('dead', 0, now_ms() - 31000), ('slow', 0, now_ms() - 20000)");

        Assert.DoesNotContain("dead", await IdsAsync(first));
        await Eventually.TrueAsync(
            async () => await Sql.Of(Engine.Postgres, first).NumberAsync("select count(*) from replica where id = 'dead'") == 0, "the row is gone");
        Assert.Contains("slow", await IdsAsync(first));
    }

    [Fact]
    public async Task A_replica_whose_row_was_removed_while_it_slept_has_one_again()
    {
        await using var app = await RegistryApp.StartAsync(Engine.Postgres);
        await Sql.Of(Engine.Postgres, app).ExecuteAsync("delete from replica");

        await Eventually.TrueAsync(async () => (await IdsAsync(app)).Count == 1, "the replica has a row again");
    }

    [Fact]
    public async Task Work_is_done_by_one_replica_until_it_stops_or_is_gone()
    {
        const string Work = "a test";
        await using var first = await RegistryApp.StartAsync(Engine.Postgres);
        var leases = first.Services.GetRequiredService<WorkLeases>();
        await using (var second = await StartSecondAsync(first))
        {
            var others = second.Services.GetRequiredService<WorkLeases>();
            Assert.True(await others.TakeAsync(Work, CancellationToken.None));
            Assert.True(await others.TakeAsync(Work, CancellationToken.None));
            Assert.False(await leases.TakeAsync(Work, CancellationToken.None));
        }

        Assert.True(await leases.TakeAsync(Work, CancellationToken.None), "a replica that stops gives its work back");

        await Sql.Of(Engine.Postgres, first).ExecuteAsync($"update work_lease set holder = 'killed' where work = '{Work}'");
        Assert.False(await leases.TakeAsync(Work, CancellationToken.None));
        await Sql.Of(Engine.Postgres, first).ExecuteAsync("update work_lease set held_until = now_ms()");
        Assert.True(await leases.TakeAsync(Work, CancellationToken.None), "its time is over");
    }

    [Fact]
    public async Task Of_many_who_want_a_work_at_once_one_gets_it()
    {
        await using var first = await RegistryApp.StartAsync(Engine.Postgres);
        await using var second = await StartSecondAsync(first);
        for (var round = 0; round < 20; round++)
        {
            var work = $"round {round}";
            var taken = await Task.WhenAll(new[] { first, second }.Select(app => Task.Run(
                () => app.Services.GetRequiredService<WorkLeases>().TakeAsync(work, CancellationToken.None))));
            Assert.Single(taken, true);
        }
    }

    internal static Task<RegistryApp> StartSecondAsync(RegistryApp first, params (string, string)[] settings) => RegistryApp.StartAsync(
        Engine.Postgres,
        [
            ("ConnectionStrings:Postgres", first.ConnectionString!), ("Keys:MasterKeyFile", Path.Combine(first.DataDirectory, "master.key")),
            ("DataDirectory", DataDirectories.Beside(first.DataDirectory)), .. first.Bucket?.Settings ?? [], .. settings,
        ]);

    private static async Task<List<string?>> AddressesAsync(RegistryApp app) =>
        [.. (await app.Services.GetRequiredService<ReplicaStore>().ListAsync(CancellationToken.None)).Select(replica => replica.InternalAddress)];

    private static async Task<List<string>> IdsAsync(RegistryApp app) =>
        [.. (await app.Services.GetRequiredService<ReplicaStore>().ListAsync(CancellationToken.None)).Select(replica => replica.Id)];
}
