using System.Diagnostics;
using Registry.Benchmarks.Content;
using Registry.Benchmarks.Http;
using Registry.Benchmarks.Results;
using Registry.Benchmarks.Servers;

namespace Registry.Benchmarks.Lines;

/// <summary>
/// A layer of 1 GiB that the mirror does not have, pulled from docker-registry through it: by one client, and by a hundred at once. These
/// should take no longer than the one and the bytes to all of them together, which is what they take when the layer is here.
/// </summary>
internal sealed class MirrorLine() : Line("mirror")
{
    private const string Repository = "team/large";
    private const int Clients = 100;
    private const int ScratchSize = 1024 * 1024;

    public override IEnumerable<Row> Measure(Workbench bench)
    {
        var upstream = bench.StartPeer();
        var mirror = bench.LaunchOurs(settings: ["--Upstreams:up:Address", $"http://127.0.0.1:{upstream.Port}"]).WaitUntilReady(OurRegistry.Ready);
        var content = new BigContent(1L << 30);
        List<double> alone = [], together = [], local = [], first = [];
        for (var round = 0; round <= bench.Options.Rounds; round++)
        {
            var (one, _) = Pull(mirror, Put(upstream, content), 1);
            var target = Put(upstream, content);
            var (cold, waited) = Pull(mirror, target, Clients);
            var (warm, _) = Pull(mirror, target, Clients);
            bench.Say($"{Name} {round}/{bench.Options.Rounds}: one {one:0.0} s, {Clients} {cold:0.0} s, the last first byte after {waited * 1000:0} ms, once it is here {warm:0.0} s");
            if (round > 0) // the first warms up
            {
                alone.Add(one);
                together.Add(cold);
                local.Add(warm);
                first.Add(waited * 1000);
            }
        }

        bench.StopServers();
        return
        [
            Row.Cost($"1 GiB to {Clients} clients as it comes, beside one and the bytes", "s", together, alone.Zip(local, (one, bytes) => one + bytes), goal: 1.15),
            Row.Limit($"until the last of {Clients} has its first byte", "ms", Statistics.Median(first), null, limit: 100),
        ];
    }

    private static string Put(RegistryServer upstream, BigContent content)
    {
        var blob = content.Next();
        using var pusher = new Pusher(upstream.Port);
        pusher.PushBig(Repository, blob);
        return $"/v2/up/{Repository}/blobs/{blob.Digest}";
    }

    /// <summary>The seconds until all clients have all of it, and until the last of them has something.</summary>
    private static (double All, double First) Pull(RegistryServer mirror, string target, int clients)
    {
        var started = Stopwatch.GetTimestamp();
        long last = 0;
        Worker.RunAll(clients, _ =>
        {
            using var connection = HttpConnection.Open(mirror.Port);
            connection.Begin("GET", target, "");
            connection.ReadAndDiscard(new byte[ScratchSize], () => InterlockedMax(ref last, Stopwatch.GetTimestamp()));
        });
        return (Stopwatch.GetElapsedTime(started).TotalSeconds, Stopwatch.GetElapsedTime(started, last).TotalSeconds);
    }

    private static void InterlockedMax(ref long value, long candidate)
    {
        long seen;
        while ((seen = Interlocked.Read(ref value)) < candidate && Interlocked.CompareExchange(ref value, candidate, seen) != seen)
        {
        }
    }
}
