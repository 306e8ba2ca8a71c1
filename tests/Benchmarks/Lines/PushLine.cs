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
    private int _round;

    public override bool NeedsPostgres => postgres;

    public override IEnumerable<Row> Measure(Workbench bench)
    {
        RegistryServer ours = postgres ? bench.StartOursOnPostgres() : bench.StartOurs();
        RegistryServer peer = bench.StartPeer();
        Duel duel = new(bench, Name, ours, peer);
        duel.Prepare(server => Push(server, bench.Options.RoundLength));
        (double[] mine, double[] other) = duel.Run(server => Push(server, bench.Options.RoundLength), rate => $"{rate:0} images/s");
        return [Row.Throughput(title, "images/s", mine, other, goal)];
    }

    private double Push(RegistryServer server, TimeSpan length)
    {
        // What the other server left unwritten must not be paid for by the one that syncs.
        NativeMethods.Sync();
        int round = Interlocked.Increment(ref _round);
        long pushed = 0;
        long started = Stopwatch.GetTimestamp();
        Worker.RunAll(Connections, worker =>
        {
            using Pusher pusher = new(server.Port);
            for (int index = 0; Stopwatch.GetElapsedTime(started) < length; index++)
            {
                pusher.Push($"team/app{worker}", $"r{round}-{index}", SmallImage.Create());
                Interlocked.Increment(ref pushed);
            }
        });
        return pushed / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }
}
