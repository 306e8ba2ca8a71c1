using System.Diagnostics;
using Registry.Benchmarks.Results;
using Registry.Benchmarks.Servers;

namespace Registry.Benchmarks.Lines;

/// <summary>From the start of the process to its first answered request.</summary>
internal sealed class StartLine() : Line("start")
{
    private const double LimitSeconds = 1;

    public override IEnumerable<Row> Measure(Workbench bench)
    {
        double[] ours = Times(bench, () => bench.LaunchOurs());
        double[] peer = Times(bench, bench.LaunchPeer);
        return [Row.Limit("start, nothing stored", "s", Statistics.Median(ours), Statistics.Median(peer), LimitSeconds)];
    }

    private double[] Times(Workbench bench, Func<RegistryServer> launch)
    {
        double[] seconds = [.. Enumerable.Range(0, bench.Options.Rounds).Select(_ => Time(bench, launch))];
        bench.Say($"{Name}: {string.Join(", ", seconds.Select(value => $"{value:0.000} s"))}");
        return seconds;
    }

    private static double Time(Workbench bench, Func<RegistryServer> launch)
    {
        long started = Stopwatch.GetTimestamp();
        launch().WaitUntilReady("/v2/");
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        bench.StopServers();
        return seconds;
    }
}
