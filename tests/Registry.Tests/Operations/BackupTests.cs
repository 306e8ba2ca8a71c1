using System.Collections.Concurrent;
using Amazon.S3.Model;
using Npgsql;
using Registry.Tests.Wire;

namespace Registry.Tests.Operations;

/// <summary>
/// The drill of docs/operations.md: a backup of a registry that is in use, and everything else lost. What had been acknowledged before the dump
/// is there afterwards.
/// </summary>
[Trait("Needs", "postgres")]
public sealed class BackupTests
{
    [Fact]
    public async Task A_backup_that_was_taken_while_people_push_brings_back_all_that_was_acknowledged_before_the_dump()
    {
        using var backup = new TemporaryDirectory();
        await using var store = await S3Gateway.CreateBucketAsync();
        var dump = backup.File("registry.dump");
        var masterKey = backup.File("master.key");
        var expected = new List<Image>();
        await using (var app = await RegistryApp.StartAsync(Engine.PostgresS3))
        {
            using var stop = new CancellationTokenSource();
            var acknowledged = new ConcurrentQueue<Image>();
            var pushing = PushAsync(app.Repository("team/app"), acknowledged, stop.Token);
            await MoreAsync(acknowledged, pushing);

            // The order of the documentation: objects, database, objects again.
            await CopyAsync(app.Bucket!, store);
            await MoreAsync(acknowledged, pushing);
            expected.AddRange(acknowledged);
            await DumpAsync(app.ConnectionString!, dump);
            await MoreAsync(acknowledged, pushing);
            await CopyAsync(app.Bucket!, store);
            File.Copy(Path.Combine(app.DataDirectory, "master.key"), masterKey);

            await stop.CancelAsync();
            await pushing;
        }

        await using var bucket = await S3Gateway.CreateBucketAsync();
        var database = await PostgresCluster.CreateDatabaseAsync();
        await RestoreAsync(database, dump);
        await CopyAsync(store, bucket, await NamedAsync(database));
        await using var restored = await RegistryApp.StartAsync(
            Engine.Postgres, [.. bucket.Settings, ("ConnectionStrings:Postgres", database), ("Keys:MasterKeyFile", masterKey)]);
        foreach (var image in expected)
        {
            await restored.Repository("team/app").AssertHasAsync(image);
        }

        await restored.Repository("team/app").PushImageAsync("after");
        Assert.NotEmpty(expected);
    }

    private static async Task PushAsync(RepositoryClient repository, ConcurrentQueue<Image> acknowledged, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            acknowledged.Enqueue(await repository.PushImageAsync(tag: $"v{acknowledged.Count}", layerSize: 100_000));
        }
    }

    private static Task MoreAsync(ConcurrentQueue<Image> acknowledged, Task pushing)
    {
        var enough = acknowledged.Count + 5;
        return Eventually.TrueAsync(
            () =>
            {
                Assert.False(pushing.IsFaulted, $"{pushing.Exception}");
                return acknowledged.Count >= enough;
            },
            "images are pushed");
    }

    // What `aws s3 sync` does: nothing is deleted at the target. Only these objects, when the ids of some are given.
    private static async Task CopyAsync(S3Bucket from, S3Bucket to, IReadOnlySet<string>? only = null)
    {
        var there = await to.ObjectsAsync();
        foreach (var key in (await from.ObjectsAsync()).Keys.Where(key => !there.ContainsKey(key) && only?.Contains(key[(key.LastIndexOf('/') + 1)..]) is not false))
        {
            await to.Client.CopyObjectAsync(new CopyObjectRequest { SourceBucket = from.Name, SourceKey = key, DestinationBucket = to.Name, DestinationKey = key });
        }
    }

    /// <summary>The objects that the database names, as the documentation asks for them.</summary>
    private static async Task<IReadOnlySet<string>> NamedAsync(string database)
    {
        var rows = await new Sql(Engine.Postgres, "", database).RowsAsync("select encode(object_id, 'hex') from blob");
        return rows.Select(row => (string)row[0]).ToHashSet(StringComparer.Ordinal);
    }

    private static Task DumpAsync(string database, string file) =>
        RunAsync("pg_dump", database, "--format=custom", $"--file={file}");

    private static Task RestoreAsync(string database, string file) =>
        RunAsync("pg_restore", database, "--no-owner", "--exit-on-error", $"--dbname={new NpgsqlConnectionStringBuilder(database).Database}", file);

    private static Task RunAsync(string program, string database, params string[] arguments)
    {
        var where = new NpgsqlConnectionStringBuilder(database);
        return ChildProcess.RunAsync(
            Path.Combine(PostgresCluster.Programs, program),
            arguments,
            new Dictionary<string, string?>
            {
                ["PGHOST"] = where.Host,
                ["PGPORT"] = $"{where.Port}",
                ["PGUSER"] = where.Username,
                ["PGDATABASE"] = where.Database,
            });
    }
}
