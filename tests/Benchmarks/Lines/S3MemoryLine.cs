using Registry.Benchmarks.Content;
using Registry.Benchmarks.Results;

namespace Registry.Benchmarks.Lines;

/// <summary>The most memory that is held while many clients push to S3 at once and none says how much it will be.</summary>
internal sealed class S3MemoryLine() : Line("s3-memory")
{
    private const int Uploads = 200;
    private const double LimitMegabytes = 400;

    public override bool NeedsPostgres => true;

    public override bool NeedsS3 => true;

    public override IEnumerable<Row> Measure(Workbench bench)
    {
        var content = new BigContent(20L << 20);
        BigBlob[] blobs = [.. Enumerable.Range(0, Uploads).Select(_ => content.Next())];
        var ours = bench.StartOursOnS3(bench.S3.CreateBucket(), bench.S3.Port);
        var peak = MemoryWatch.Peak(ours, () => Worker.RunAll(Uploads, upload =>
        {
            using var pusher = new Pusher(ours.Port);
            pusher.PushBigChunked("team/large", blobs[upload]);
        }));
        bench.StopServers();
        return [Row.Limit($"{Uploads} pushes of unknown length to S3, resident", "MB", peak, null, LimitMegabytes)];
    }
}
