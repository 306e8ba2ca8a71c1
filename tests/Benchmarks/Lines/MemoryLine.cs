using Registry.Benchmarks.Content;
using Registry.Benchmarks.Http;
using Registry.Benchmarks.Results;
using Registry.Benchmarks.Servers;

namespace Registry.Benchmarks.Lines;

/// <summary>The most memory a server holds while many clients are slow.</summary>
internal sealed class MemoryLine() : Line("memory")
{
    private const int Uploads = 200;
    private const long UploadSize = 64L * 1024 * 1024;
    private const int Pulls = 1000;
    private const long PullSize = 1L << 30;
    private const double LimitMegabytes = 300;
    private const string Repository = "team/large";
    private static readonly TimeSpan UploadTime = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan StallTime = TimeSpan.FromSeconds(10);

    public override IEnumerable<Row> Measure(Workbench bench) =>
    [
        Measure(bench, $"{Uploads} slow uploads of 64 MiB, resident", UploadSlowly),
        Measure(bench, $"{Pulls:#,##0} stalled pulls of 1 GiB, resident", StallPulls),
    ];

    private static Row Measure(Workbench bench, string title, Func<RegistryServer, double> measure)
    {
        var ours = measure(bench.StartOurs());
        bench.StopServers();
        bench.Say($"{title}: ours {ours:0} MB");
        var peer = measure(bench.StartPeer());
        bench.StopServers();
        bench.Say($"{title}: docker-registry {peer:0} MB");
        return Row.Limit(title, "MB", ours, peer, LimitMegabytes);
    }

    private static double UploadSlowly(RegistryServer server)
    {
        var content = new BigContent(UploadSize);
        BigBlob[] blobs = [.. Enumerable.Range(0, Uploads).AsParallel().Select(_ => content.Next())];
        return MemoryWatch.Peak(server, () => Worker.RunAll(Uploads, upload =>
        {
            // Clients are not in step with each other.
            Thread.Sleep(Random.Shared.Next(1000));
            using var pusher = new Pusher(server.Port);
            pusher.PushBigSlowly(Repository, blobs[upload], UploadTime);
        }));
    }

    /// <summary>Clients that read the header of their answer and then nothing.</summary>
    private static double StallPulls(RegistryServer server)
    {
        var target = PushLarge(server);
        List<HttpConnection> connections = [];
        try
        {
            return MemoryWatch.Peak(server, () =>
            {
                for (var pull = 0; pull < Pulls; pull++)
                {
                    var connection = HttpConnection.Open(server.Port);
                    connections.Add(connection);
                    connection.Begin("GET", target, "");
                    connection.ReadHeader();
                }

                Thread.Sleep(StallTime);
            });
        }
        finally
        {
            connections.ForEach(connection => connection.Dispose());
        }
    }

    private static string PushLarge(RegistryServer server)
    {
        var blob = new BigContent(PullSize).Next();
        using var pusher = new Pusher(server.Port);
        pusher.PushBig(Repository, blob);
        return $"/v2/{Repository}/blobs/{blob.Digest}";
    }
}
