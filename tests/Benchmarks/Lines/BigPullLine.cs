using System.Diagnostics;
using Registry.Benchmarks.Content;
using Registry.Benchmarks.Http;
using Registry.Benchmarks.Results;
using Registry.Benchmarks.Servers;

namespace Registry.Benchmarks.Lines;

/// <summary>A blob of 1 GiB read by clients that discard it in the kernel.</summary>
internal sealed class BigPullLine() : Line("pull")
{
    private const string Repository = "team/large";
    private const int ScratchSize = 4 * 1024 * 1024;
    private static readonly int[] StreamCounts = [1, 4];

    public override IEnumerable<Row> Measure(Workbench bench)
    {
        var ours = bench.StartOurs();
        var peer = bench.StartPeer();
        var blob = new BigContent(1L << 30).Next();
        var target = $"/v2/{Repository}/blobs/{blob.Digest}";
        new Duel(bench, Name, ours, peer).Prepare(server =>
        {
            using var pusher = new Pusher(server.Port);
            pusher.PushBig(Repository, blob);
        });

        List<Row> rows = [];
        foreach (var streams in StreamCounts)
        {
            var duel = new Duel(bench, $"{Name} x{streams}", ours, peer);
            duel.Prepare(server => Pull(server, streams));
            (Transfer[] mine, Transfer[] other) = duel.Run(server => Pull(server, streams), transfer => transfer.ToString());
            var title = $"pull of 1 GiB, {streams} stream{(streams == 1 ? "" : "s")}";
            rows.AddRange(TransferRows.Of(title, mine, other, goal: 1));
        }

        return rows;

        Transfer Pull(RegistryServer server, int streams) =>
            Transfer.Measure(server, () => PullAll(server.Port, target, streams, bench.Options.RoundLength));
    }

    /// <summary>Every stream pulls whole blobs until the time is over.</summary>
    internal static long PullAll(int port, string target, int streams, TimeSpan length)
    {
        long total = 0;
        var started = Stopwatch.GetTimestamp();
        Worker.RunAll(streams, _ =>
        {
            using var connection = HttpConnection.Open(port);
            var scratch = new byte[ScratchSize];
            do
            {
                connection.Begin("GET", target, "");
                Interlocked.Add(ref total, connection.ReadAndDiscard(scratch));
            }
            while (Stopwatch.GetElapsedTime(started) < length);
        });
        return total;
    }
}
