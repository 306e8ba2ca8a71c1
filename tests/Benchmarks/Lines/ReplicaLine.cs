using System.Diagnostics;
using Registry.Benchmarks.Content;
using Registry.Benchmarks.Loads;
using Registry.Benchmarks.Results;
using Registry.Benchmarks.Servers;

namespace Registry.Benchmarks.Lines;

/// <summary>
/// Manifests by tag from two replicas on one PostgreSQL beside one, and how much of the CPU is the database's: the rest is what
/// another replica can take over, given cores to run on.
/// </summary>
internal sealed class ReplicaLine() : Line("replicas")
{
    private const int Connections = 16;
    private const int Images = 64;
    private const string Repository = "library/app";

    public override bool NeedsPostgres => true;

    public override IEnumerable<Row> Measure(Workbench bench)
    {
        var database = bench.Postgres.CreateDatabase();
        var masterKey = Path.Combine(bench.NewDirectory("keys"), "master.key");
        RegistryServer[] replicas = [Start(), Start()];
        using (var pusher = new Pusher(replicas[0].Port))
        {
            for (var index = 0; index < Images; index++)
            {
                pusher.Push(Repository, $"v{index}", SmallImage.Create());
            }
        }

        Array.ForEach(replicas, replica => Load(bench, replica));
        var (one, two) = (new List<Share>(), new List<Share>());
        for (var round = 1; round <= bench.Options.Rounds; round++)
        {
            one.Add(Measure(bench, replicas[..1]));
            two.Add(Measure(bench, replicas));
            bench.Say($"{Name} {round}/{bench.Options.Rounds}: one {one[^1]}, two {two[^1]}");
        }

        return
        [
            Row.Report("manifest by tag, two replicas beside one", "/s", Median(two, share => share.PerSecond), Median(one, share => share.PerSecond)),
            Row.Report("CPU of the replicas for 1,000 of them", "ms", Median(two, share => share.Replicas), Median(one, share => share.Replicas)),
            Row.Report("CPU of the database for 1,000 of them", "ms", Median(two, share => share.Database), Median(one, share => share.Database)),
        ];

        RegistryServer Start() => bench.LaunchOurs(postgres: database, settings: ["--Keys:MasterKeyFile", masterKey]).WaitUntilReady(OurRegistry.Ready);
    }

    private static Share Measure(Workbench bench, RegistryServer[] replicas)
    {
        var (before, beforeDatabase) = (replicas.Sum(replica => replica.Usage.CpuSeconds), bench.Postgres.Usage.CpuSeconds);
        var rates = new double[replicas.Length];
        var started = Stopwatch.GetTimestamp();
        Worker.RunAll(replicas.Length, index => rates[index] = Load(bench, replicas[index], Connections / replicas.Length));
        var thousands = rates.Sum() * Stopwatch.GetElapsedTime(started).TotalSeconds / 1000;
        return new Share(
            rates.Sum(),
            (replicas.Sum(replica => replica.Usage.CpuSeconds) - before) * 1000 / thousands,
            (bench.Postgres.Usage.CpuSeconds - beforeDatabase) * 1000 / thousands);
    }

    private static double Load(Workbench bench, RegistryServer replica, int connections = Connections) => WrkLoad.Run(
        bench.NewDirectory("wrk"),
        replica.Port,
        Enumerable.Range(0, Images).Select(index => $"/v2/{Repository}/manifests/v{index}"),
        connections,
        bench.Options.RoundLength).PerSecond;

    private static double Median(List<Share> shares, Func<Share, double> value) => Statistics.Median(shares.Select(value));

    private readonly record struct Share(double PerSecond, double Replicas, double Database)
    {
        public override string ToString() => $"{PerSecond:0}/s, replicas {Replicas:0} and database {Database:0} ms of CPU for 1,000";
    }
}
