using Registry.Benchmarks.Content;
using Registry.Benchmarks.Results;
using Registry.Benchmarks.Servers;

namespace Registry.Benchmarks.Lines;

/// <summary>A large blob pushed to S3, beside docker-registry with its S3 driver, which copies it when the upload is closed.</summary>
internal sealed class S3PushLine() : Line("s3-push")
{
    private const string Repository = "team/large";

    public override bool NeedsPostgres => true;

    public override bool NeedsS3 => true;

    public override IEnumerable<Row> Measure(Workbench bench)
    {
        var content = new BigContent(256L << 20);
        var ours = bench.StartOursOnS3(bench.S3.CreateBucket(), bench.S3.Port);
        var peer = bench.StartPeerOnS3(bench.S3.CreateBucket());
        var duel = new Duel(bench, Name, ours, peer);
        duel.Prepare(server => Push(server));
        (Transfer[] mine, Transfer[] other) = duel.Run(Push, transfer => transfer.ToString());
        bench.StopServers();
        return TransferRows.Of("push of 256 MiB to S3 beside the S3 driver", mine, other, goal: 1);

        Transfer Push(RegistryServer server)
        {
            var blob = content.Next();
            using var pusher = new Pusher(server.Port);
            return Transfer.Measure(server, () =>
            {
                pusher.PushBigChunked(Repository, blob);
                return blob.Size;
            });
        }
    }
}
