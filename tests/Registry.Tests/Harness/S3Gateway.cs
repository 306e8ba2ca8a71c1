using System.Diagnostics;
using System.Globalization;
using Amazon.Runtime;
using Amazon.S3;

namespace Registry.Tests;

/// <summary>
/// A real S3 server, Ceph's gateway: one per test run, started by the first test that needs it, and gateways of their own for tests that
/// kill them. <see cref="RunDirectory"/> ends their processes with the run.
/// </summary>
public sealed class S3Gateway : IAsyncDisposable
{
    public const string AccessKey = "s3testaccess";
    public const string SecretKey = "s3testsecret-not-a-real-secret";

    // http, https, monitor and what the store picks from.
    private const int PortCount = 10;

    private static readonly TimeSpan StartGuard = TimeSpan.FromMinutes(3);
    private static readonly Lazy<Task<S3Gateway>> Running = new(StartOwnAsync);

    private readonly string _directory = RunDirectory.Create("s3");
    private readonly int _port = Ports.NextRun(PortCount);
    private int _buckets;

    private S3Gateway()
    {
    }

    public Uri Endpoint => new($"http://127.0.0.1:{_port}/");

    public Uri TlsEndpoint => new($"https://127.0.0.1:{_port + 1}/");

    /// <summary>The certificate of <see cref="TlsEndpoint"/>, which no system trusts.</summary>
    public string CertificateFile => Path.Combine(_directory, "tls.crt");

    /// <summary>An empty bucket in the gateway of the run.</summary>
    public static async Task<S3Bucket> CreateBucketAsync() => await (await Running.Value).CreateAsync();

    /// <summary>A gateway of the test's own.</summary>
    public static async Task<S3Gateway> StartOwnAsync()
    {
        var gateway = new S3Gateway();
        await gateway.StartAgainAsync();
        return gateway;
    }

    /// <summary>An empty bucket.</summary>
    public Task<S3Bucket> CreateAsync() => S3Bucket.CreateAsync(this, $"test-{Interlocked.Increment(ref _buckets)}");

    /// <summary>A client of the gateway, or of what stands before it.</summary>
    public AmazonS3Client CreateClient(Uri? address = null) => new(
        new BasicAWSCredentials(AccessKey, SecretKey),
        new AmazonS3Config
        {
            ServiceURL = (address ?? Endpoint).ToString(),
            ForcePathStyle = true,
            AuthenticationRegion = "us-east-1",
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        });

    /// <summary>SIGKILL of the gateway; what it has stored stays.</summary>
    public async Task KillAsync()
    {
        var line = await File.ReadAllTextAsync(Path.Combine(_directory, "run", "rgw.pid"));
        using var process = Process.GetProcessById(int.Parse(line.Split(' ')[0], CultureInfo.InvariantCulture));
        process.Kill();
        await process.WaitForExitAsync().WaitAsync(Eventually.Guard);
    }

    /// <summary>Starts what does not run.</summary>
    public Task StartAgainAsync() => ChildProcess.RunAsync(Program("start"), [_directory, $"{_port}"], guard: StartGuard);

    public async ValueTask DisposeAsync() => await ChildProcess.RunAsync(Program("stop"), [_directory, "--wipe"]);

    private static string Program(string name) => Path.Combine(SourceTree.Root, "tests", "s3", name);
}
