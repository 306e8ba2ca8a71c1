using System.Diagnostics;
using Amazon.S3;
using Amazon.S3.Transfer;
using Registry.Benchmarks.Content;
using Registry.Benchmarks.Http;
using Registry.Benchmarks.Results;
using Registry.Benchmarks.Servers;

namespace Registry.Benchmarks.Lines;

/// <summary>
/// A large blob through the registry into S3 and out again, beside the same bytes put and got by the plain SDK; over a line of 100 MB/s,
/// and as fast as this machine does it.
/// </summary>
internal sealed class S3TransferLine() : Line("s3")
{
    private const string Repository = "team/large";
    private const long Size = 512L << 20;
    private const int ScratchSize = 1 << 20;

    public override bool NeedsPostgres => true;

    public override bool NeedsS3 => true;

    public override IEnumerable<Row> Measure(Workbench bench) =>
    [
        .. Measure(bench, ", line of 100 MB/s", 100_000_000, goal: 0.9),
        .. Measure(bench, "", null, goal: 0.6),
    ];

    private static IEnumerable<Row> Measure(Workbench bench, string where, long? bytesPerSecond, double goal)
    {
        using var line = bytesPerSecond is { } limit ? new LimitedLine(bench.S3.Port, limit) : null;
        var port = line?.Port ?? bench.S3.Port;
        var bucket = bench.S3.CreateBucket();
        var ours = bench.StartOursOnS3(bucket, port);
        using var client = S3Server.CreateClient(port);
        var content = new BigContent(Size);
        var (push, put, pull, get) = (new List<Transfer>(), new List<Transfer>(), new List<Transfer>(), new List<Transfer>());
        for (var round = 0; round <= bench.Options.Rounds; round++)
        {
            var blob = content.Next();
            var results = new[] { Push(ours, blob), Put(client, bucket, blob), Pull(ours, blob), Get(client, bucket, blob) };
            client.DeleteObjectAsync(bucket, blob.Digest).GetAwaiter().GetResult();
            bench.Say($"s3{where} {round}/{bench.Options.Rounds}: push {results[0]}, SDK put {results[1]}; pull {results[2]}, SDK get {results[3]}");
            if (round > 0)
            {
                push.Add(results[0]);
                put.Add(results[1]);
                pull.Add(results[2]);
                get.Add(results[3]);
            }
        }

        bench.StopServers();
        return [.. Rows($"push of 512 MiB to S3{where}", push, put, goal), .. Rows($"pull of 512 MiB from S3{where}", pull, get, goal)];
    }

    private static IEnumerable<Row> Rows(string title, List<Transfer> ours, List<Transfer> sdk, double goal) =>
    [
        Row.Throughput(title, "GB/s", ours.Select(transfer => transfer.GigabytesPerSecond), sdk.Select(transfer => transfer.GigabytesPerSecond), goal),
        Row.Report(
            $"{title}, CPU", "s/GB", Statistics.Median(ours.Select(transfer => transfer.CpuSecondsPerGigabyte)), Statistics.Median(sdk.Select(transfer => transfer.CpuSecondsPerGigabyte))),
    ];

    private static Transfer Push(RegistryServer server, BigBlob blob) => Transfer.Measure(server, () =>
    {
        using var pusher = new Pusher(server.Port);
        pusher.PushBigChunked(Repository, blob);
        return blob.Size;
    });

    private static Transfer Pull(RegistryServer server, BigBlob blob) => Transfer.Measure(server, () =>
    {
        using var connection = HttpConnection.Open(server.Port);
        connection.Begin("GET", $"/v2/{Repository}/blobs/{blob.Digest}", "");
        return connection.ReadAndDiscard(new byte[ScratchSize]);
    });

    private static Transfer Put(AmazonS3Client client, string bucket, BigBlob blob) => Measure(() =>
    {
        using var transfer = new TransferUtility(client);
        using var content = new PieceStream(blob.Pieces, blob.Size);
        transfer.Upload(new TransferUtilityUploadRequest { BucketName = bucket, Key = blob.Digest, InputStream = content });
        return blob.Size;
    });

    private static Transfer Get(AmazonS3Client client, string bucket, BigBlob blob) => Measure(() =>
    {
        using var answer = client.GetObjectAsync(bucket, blob.Digest).GetAwaiter().GetResult();
        var scratch = new byte[ScratchSize];
        var total = 0L;
        while (answer.ResponseStream.Read(scratch) is > 0 and var count)
        {
            total += count;
        }

        return total;
    });

    /// <summary>What this process moves and uses itself.</summary>
    private static Transfer Measure(Func<long> move)
    {
        var cpu = Environment.CpuUsage.TotalTime;
        var started = Stopwatch.GetTimestamp();
        var gigabytes = move() / 1e9;
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        return new Transfer(gigabytes / seconds, (Environment.CpuUsage.TotalTime - cpu).TotalSeconds / gigabytes);
    }
}
