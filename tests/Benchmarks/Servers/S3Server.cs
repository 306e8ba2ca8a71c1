using System.Net;
using System.Net.Sockets;
using Amazon.Runtime;
using Amazon.S3;

namespace Registry.Benchmarks.Servers;

/// <summary>A real S3 server of the run's own, Ceph's gateway, with its objects in a file of the temporary directory.</summary>
internal sealed class S3Server(string directory, int port) : IDisposable
{
    public const string AccessKey = "s3testaccess";
    public const string SecretKey = "s3testsecret-not-a-real-secret";
    public const string Region = "us-east-1";

    // tests/s3/start wants so many in a row.
    private const int PortCount = 10;
    private int buckets;

    public int Port => port;

    public static void Require()
    {
        foreach (var program in new[] { "radosgw", "ceph-mon", "ceph-osd" })
        {
            Tools.Require(program, program);
        }
    }

    public static S3Server Start(string directory)
    {
        var server = new S3Server(directory, FreePorts());
        Tools.Run(Script("start"), directory, $"{server.Port}");
        return server;
    }

    public string CreateBucket()
    {
        var name = $"bench-{Interlocked.Increment(ref buckets)}";
        using var client = CreateClient(port);
        client.PutBucketAsync(name).GetAwaiter().GetResult();
        return name;
    }

    /// <summary>The SDK as it comes, at the gateway or at what stands before it.</summary>
    public static AmazonS3Client CreateClient(int port) => new(
        new BasicAWSCredentials(AccessKey, SecretKey),
        new AmazonS3Config
        {
            ServiceURL = $"http://127.0.0.1:{port}",
            ForcePathStyle = true,
            AuthenticationRegion = Region,
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        });

    public void Dispose() => Tools.Run(Script("stop"), directory, "--wipe");

    private static string Script(string name) => Path.Combine(PublishedProgram.RepositoryRoot(), "tests", "s3", name);

    private static int FreePorts()
    {
        while (true)
        {
            var first = Random.Shared.Next(20000, 32000);
            if (Enumerable.Range(first, PortCount).All(IsFree))
            {
                return first;
            }
        }
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
