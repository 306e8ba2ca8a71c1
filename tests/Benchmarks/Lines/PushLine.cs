using System.Diagnostics;
using Registry.Benchmarks.Content;
using Registry.Benchmarks.Loads;
using Registry.Benchmarks.Results;
using Registry.Benchmarks.Servers;

namespace Registry.Benchmarks.Lines;

/// <summary>Small images pushed over 8 connections, each new in content and tag, in images per second.</summary>
internal sealed class PushLine(string name, string title, double goal, bool postgres) : Line(name)
{
    private const int Connections = 8;
    private int rounds;

    public override bool NeedsPostgres => postgres;

    public override IEnumerable<Row> Measure(Workbench bench)
    {
        var ours = postgres ? bench.StartOursOnPostgres() : bench.StartOurs();
        var peer = bench.StartPeer();
        var duel = new Duel(bench, Name, ours, peer);
        duel.Prepare(server => Push(server, bench.Options.RoundLength));
        (var mine, var other) = duel.Run(server => Push(server, bench.Options.RoundLength), rate => $"{rate:0} images/s");
        return [Row.Throughput(title, "images/s", mine, other, goal)];
    }

    private double Push(RegistryServer server, TimeSpan length)
    {
        // What the other server left unwritten must not be paid for by the one that syncs.
        NativeMethods.Sync();
        var round = Interlocked.Increment(ref rounds);
        long pushed = 0;
        var started = Stopwatch.GetTimestamp();
        Worker.RunAll(Connections, worker =>
        {
            using var pusher = new Pusher(server.Port);
            for (var index = 0; Stopwatch.GetElapsedTime(started) < length; index++)
            {
                pusher.Push($"team/app{worker}", $"r{round}-{index}", SmallImage.Create());
                Interlocked.Increment(ref pushed);
            }
        });
        return pushed / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }
}
