using System.Diagnostics;
using Registry.Benchmarks.Results;
using Registry.Benchmarks.Seeding;
using Registry.Benchmarks.Servers;

namespace Registry.Benchmarks.Lines;

/// <summary>From the start of the process to its first answered request.</summary>
internal sealed class StartLine() : Line("start")
{
    private const double LimitSeconds = 1;

    public override IEnumerable<Row> Measure(Workbench bench)
    {
        var ours = Median(bench, "nothing stored", () => bench.LaunchOurs());
        var peer = Median(bench, "docker-registry", bench.LaunchPeer);
        List<Row> rows = [Row.Limit("start, nothing stored", "s", ours, peer, LimitSeconds)];
        if (!bench.Options.Calibrate)
        {
            var data = bench.Seeded.Sqlite.DataDirectory;
            var full = Median(bench, "seeded", () => bench.LaunchOurs(data));
            rows.Add(Row.Limit($"start, {PageSeed.Tags:#,##0} tags", "s", full, peer: null, LimitSeconds));
        }

        return rows;
    }

    private double Median(Workbench bench, string title, Func<RegistryServer> launch)
    {
        double[] seconds = [.. Enumerable.Range(0, bench.Options.Rounds).Select(_ => Time(bench, launch))];
        bench.Say($"{Name}, {title}: {string.Join(", ", seconds.Select(value => $"{value:0.000} s"))}");
        return Statistics.Median(seconds);
    }

    private static double Time(Workbench bench, Func<RegistryServer> launch)
    {
        var started = Stopwatch.GetTimestamp();
        launch().WaitUntilReady("/v2/");
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        bench.StopServers();
        return seconds;
    }
}
