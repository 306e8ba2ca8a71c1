using Registry.Benchmarks.Content;
using Registry.Benchmarks.Results;
using Registry.Benchmarks.Servers;

namespace Registry.Benchmarks.Lines;

/// <summary>A blob of 1 GiB against nginx, which serves the very file that the registry stores.</summary>
internal sealed class NginxPullLine() : Line("pull-nginx")
{
    private const string Repository = "team/large";

    // How fast, and at which cost, compared with nginx.
    private static readonly (int Streams, double Speed, double Cost)[] Goals = [(1, 1, 1.2), (4, 1, 1.2), (16, 0.8, 1.3)];

    public override IEnumerable<Row> Measure(Workbench bench)
    {
        Tools.Require("nginx", "nginx-light");
        var ours = bench.StartOurs();
        var nginx = bench.StartNginx();
        var blob = new BigContent(1L << 30).Next();
        var target = $"/v2/{Repository}/blobs/{blob.Digest}";
        using (var pusher = new Pusher(ours.Port))
        {
            pusher.PushBig(Repository, blob);
        }

        NginxServer.Serve(nginx, target, FileOf(ours, blob));
        List<Row> rows = [];
        foreach (var (streams, speed, cost) in Goals)
        {
            var duel = new Duel(bench, $"{Name} x{streams}", ours, nginx, "nginx");
            duel.Prepare(server => Pull(server, streams));
            (Transfer[] mine, Transfer[] other) = duel.Run(server => Pull(server, streams), transfer => transfer.ToString());
            rows.AddRange(TransferRows.Of($"pull of 1 GiB against nginx, {streams} stream{(streams == 1 ? "" : "s")}", mine, other, speed, cost));
        }

        return rows;

        Transfer Pull(RegistryServer server, int streams) =>
            Transfer.Measure(server, () => BigPullLine.PullAll(server.Port, target, streams, bench.Options.RoundLength));
    }

    private static string FileOf(RegistryServer server, BigBlob blob) =>
        Directory.EnumerateFiles(Path.Combine(server.DataDirectory, "objects"), "*", SearchOption.AllDirectories)
            .Single(file => new FileInfo(file).Length == blob.Size);
}
