using Registry.Tests.Wire;

namespace Registry.Tests.Conformance.Blobs;

/// <summary>"This blob exists" is a promise for the length of a lease, and costs a write only when the lease is half over.</summary>
[OnS3]
public sealed class LeaseTests
{
    private const long HalfAnHour = 30 * 60 * 1000;

    [Theory, Engines]
    public async Task A_thousand_HEADs_of_a_fresh_blob_write_nothing(Engine engine)
    {
        await using var writable = await RegistryProcess.StartAsync(engine);
        var digest = await new RepositoryWire(writable.Client, "library/app").PushBlobAsync(Oci.RandomBytes(10));
        await using var app = await CountingAsync(writable, engine, "update repository_blob set lease_until = lease_until");

        await HeadAsync(new RepositoryWire(app.Client, "library/app"), digest, 1000);

        Assert.Equal(0, await Sql.Of(engine, writable).NumberAsync("select count(*) from written"));
    }

    [Theory, Engines]
    public async Task A_thousand_HEADs_of_a_blob_whose_lease_is_half_over_write_one_row(Engine engine)
    {
        await using var writable = await RegistryProcess.StartAsync(engine);
        var digest = await new RepositoryWire(writable.Client, "library/app").PushBlobAsync(Oci.RandomBytes(10));
        var sql = Sql.Of(engine, writable);
        var fresh = await sql.NumberAsync("select lease_until from repository_blob");
        await using var app = await CountingAsync(writable, engine, $"update repository_blob set lease_until = lease_until - {HalfAnHour + 60_000}");

        await HeadAsync(new RepositoryWire(app.Client, "library/app"), digest, 1000);

        Assert.InRange(await sql.NumberAsync("select lease_until from repository_blob"), fresh, long.MaxValue);
        Assert.Equal(1, await sql.NumberAsync("select count(*) from written where place = 'lease'"));
        Assert.InRange(await sql.NumberAsync("select count(*) from written where place = 'queue'"), 0, 1);
    }

    [Theory, Engines]
    public async Task HEADs_of_a_blob_that_a_manifest_names_write_nothing_however_old_its_lease(Engine engine)
    {
        await using var writable = await RegistryProcess.StartAsync(engine);
        var repository = new RepositoryWire(writable.Client, "library/app");
        var document = await repository.ImageOfFreshBlobsAsync();
        await repository.PushAsync(document, "v1");
        await using var app = await CountingAsync(writable, engine, "update repository_blob set lease_until = 1");

        await HeadAsync(new RepositoryWire(app.Client, "library/app"), (string)document["config"]!["digest"]!, 100);

        Assert.Equal(0, await Sql.Of(engine, writable).NumberAsync("select count(*) from written"));
    }

    [Theory, Engines]
    public async Task GET_never_extends_a_lease(Engine engine)
    {
        await using var writable = await RegistryProcess.StartAsync(engine);
        var digest = await new RepositoryWire(writable.Client, "library/app").PushBlobAsync(Oci.RandomBytes(10));
        await using var app = await CountingAsync(writable, engine, "update repository_blob set lease_until = 1");

        (await new RepositoryWire(app.Client, "library/app").GetAsync($"blobs/{digest}")).Is(200);

        Assert.Equal(0, await Sql.Of(engine, writable).NumberAsync("select count(*) from written"));
    }

    private static async Task HeadAsync(RepositoryWire repository, string digest, int times)
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(async _ =>
        {
            var statuses = new List<int>();
            for (var i = 0; i < times / 10; i++)
            {
                statuses.Add((await repository.HeadAsync($"blobs/{digest}")).Status);
            }

            return statuses;
        }));
        Assert.All(answers.SelectMany(statuses => statuses), status => Assert.Equal(200, status));
    }

    /// <summary>Stops the registry, changes its database, lets the database count what is written, and starts again.</summary>
    private static async Task<RegistryApp> CountingAsync(RegistryProcess registry, Engine engine, string change)
    {
        registry.Terminate();
        await registry.ExitedAsync();
        var sql = Sql.Of(engine, registry);
        await sql.ExecuteAsync(change);
        await sql.ExecuteAsync("create table written (place text)");
        foreach (var (place, table) in new[] { ("lease", "repository_blob"), ("queue", "blob_queue") })
        {
            await sql.ExecuteAsync(engine is Engine.Sqlite
                ? $"create trigger count_{place} after update on {table} begin insert into written values ('{place}'); end"
                : $"""
                   create function count_{place}() returns trigger language plpgsql as $$ begin insert into written values ('{place}'); return null; end $$;
                   create trigger count_{place} after update on {table} for each row execute function count_{place}()
                   """);
        }

        (string, string)[] database = registry.ConnectionString is { } connection ? [("ConnectionStrings:Postgres", connection), .. registry.Bucket?.Settings ?? []] : [];
        return await RegistryApp.StartAsync(engine, [("DataDirectory", registry.DataDirectory), .. database, ("Collection:Interval", "1.00:00:00")]);
    }
}
