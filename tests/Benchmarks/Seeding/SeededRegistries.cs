using System.Data.Common;
using Microsoft.Data.Sqlite;
using Npgsql;
using Registry.Benchmarks.Content;
using Registry.Benchmarks.Servers;
using SQLitePCL;

namespace Registry.Benchmarks.Seeding;

/// <summary>The seeded registries of a run, one per engine, each made when first asked for.</summary>
internal sealed class SeededRegistries
{
    public const string Repository = "many/tags";
    private const string Tag = "template";
    private readonly Lazy<SeededRegistry> sqlite;
    private readonly Lazy<SeededRegistry> postgres;

    public SeededRegistries(Workbench bench)
    {
        sqlite = new(() => Create(bench, postgres: null));
        postgres = new(() => Create(bench, bench.Postgres.CreateDatabase()));
    }

    public SeededRegistry Sqlite => sqlite.Value;

    public SeededRegistry Postgres => postgres.Value;

    private static SeededRegistry Create(Workbench bench, string? postgres)
    {
        var engine = postgres is null ? "SQLite" : "PostgreSQL";
        bench.Say($"seeding {engine}: {PageSeed.Tags} tags, {PageSeed.Repositories} repositories, {PageSeed.Referrers} referrers");
        var data = bench.NewKeptDirectory("seeded");
        var image = SmallImage.Create();
        using (var server = bench.LaunchOurs(data, postgres).WaitUntilReady(OurRegistry.Ready))
        {
            using var pusher = new Pusher(server.Port);
            pusher.Push(Repository, Tag, image);
            pusher.PushManifest(Repository, "referrer", image.Referrer("application/vnd.example.signature"));
        }

        using var connection = Connect(data, postgres);
        var seed = new PageSeed(connection);
        var referrers = seed.Fill(Repository, Tag);
        if (postgres is not null)
        {
            // The server does this by itself within a minute; until then it takes the tables to be empty.
            seed.Execute("vacuum analyze");
        }

        return new SeededRegistry(data, postgres, image.ManifestDigest, referrers);
    }

    private static DbConnection Connect(string data, string? postgres)
    {
        if (postgres is not null)
        {
            return new NpgsqlConnection(postgres);
        }

        Batteries_V2.Init();
        return new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = Directory.GetFiles(data, "*.db").Single(),
            Pooling = false,
        }.ToString());
    }
}
