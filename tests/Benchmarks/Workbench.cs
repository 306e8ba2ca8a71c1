using Registry.Benchmarks.Seeding;
using Registry.Benchmarks.Servers;

namespace Registry.Benchmarks;

/// <summary>One run's temporary directory, servers and database cluster; disposing it leaves nothing behind.</summary>
internal sealed class Workbench : IDisposable
{
    private readonly Lock gate = new();
    private readonly List<RegistryServer> servers = [];
    private readonly HashSet<string> kept = [];
    private readonly Lazy<PostgresCluster> postgres;
    private readonly Lazy<S3Server> s3;
    private readonly Lazy<string> program;
    private int serial;
    private bool disposed;

    public Workbench(BenchmarkOptions options)
    {
        Options = options;
        // The database's own user must be able to pass through, hence no private temporary directory.
        Directory = Path.Combine(Path.GetTempPath(), $"registry-benchmarks-{Guid.NewGuid():N}");
        System.IO.Directory.CreateDirectory(Directory);
        postgres = new(() => PostgresCluster.Start(Path.Combine(Directory, "postgres")));
        s3 = new(() => S3Server.Start(Path.Combine(Directory, "s3")));
        Seeded = new SeededRegistries(this);
        program = new(() => options.Program ?? PublishedProgram.Publish(Path.Combine(Directory, "program"), Say));
    }

    public BenchmarkOptions Options { get; }

    public string Directory { get; }

    public PostgresCluster Postgres => postgres.Value;

    public S3Server S3 => s3.Value;

    /// <summary>The executable that is measured; published at the first use.</summary>
    public string Program => program.Value;

    public SeededRegistries Seeded { get; }

    private string OursReady => Options.Calibrate ? PeerRegistry.Ready : OurRegistry.Ready;

    public void Say(string message) => Console.Error.WriteLine($"{DateTime.Now:HH:mm:ss} {message}");

    /// <summary>A new directory of this run.</summary>
    public string NewDirectory(string purpose)
    {
        var path = Path.Combine(Directory, $"{purpose}-{Interlocked.Increment(ref serial)}");
        System.IO.Directory.CreateDirectory(path);
        return path;
    }

    /// <summary>A new directory that stays when the servers of a line are stopped.</summary>
    public string NewKeptDirectory(string purpose)
    {
        var path = NewDirectory(purpose);
        kept.Add(path);
        return path;
    }

    /// <summary>Our program on SQLite, answering.</summary>
    public RegistryServer StartOurs() => LaunchOurs().WaitUntilReady(OursReady);

    /// <summary>Our program on a database of the run's PostgreSQL cluster, answering.</summary>
    public RegistryServer StartOursOnPostgres() =>
        LaunchOurs(postgres: Options.Calibrate ? null : Postgres.CreateDatabase()).WaitUntilReady(OursReady);

    /// <summary>Our program on PostgreSQL with its objects in a bucket, answering.</summary>
    public RegistryServer StartOursOnS3(string bucket, int port) =>
        LaunchOurs(postgres: Postgres.CreateDatabase(), settings: OurRegistry.OnS3(bucket, port)).WaitUntilReady(OursReady);

    /// <summary>docker-registry with its objects in a bucket, answering.</summary>
    public RegistryServer StartPeerOnS3(string bucket) => Keep(PeerRegistry.LaunchOnS3(NewDirectory("peer"), bucket, S3.Port)).WaitUntilReady(PeerRegistry.Ready);

    /// <summary>docker-registry, answering.</summary>
    public RegistryServer StartPeer() => LaunchPeer().WaitUntilReady(PeerRegistry.Ready);

    /// <summary>Our program, not waited for.</summary>
    public RegistryServer LaunchOurs(string? data = null, string? postgres = null, params IEnumerable<string> settings) =>
        Options.Calibrate ? LaunchPeer() : Keep(OurRegistry.Launch(Program, data ?? NewDirectory("ours"), postgres, settings));

    /// <summary>docker-registry, not waited for.</summary>
    public RegistryServer LaunchPeer() => Keep(PeerRegistry.Launch(NewDirectory("peer")));

    /// <summary>nginx with a folder to serve, answering.</summary>
    public RegistryServer StartNginx() => Keep(NginxServer.Launch(NewDirectory("nginx"))).WaitUntilReady(NginxServer.Ready);

    /// <summary>Ends the servers of a line and removes what they stored.</summary>
    public void StopServers()
    {
        RegistryServer[] running;
        lock (gate)
        {
            running = [.. servers];
            servers.Clear();
        }

        foreach (var server in running)
        {
            server.Dispose();
            if (!kept.Contains(server.DataDirectory))
            {
                DeleteDirectory(server.DataDirectory);
            }
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            if (disposed)
            {
                return;
            }

            disposed = true;
        }

        StopServers();
        if (postgres.IsValueCreated)
        {
            postgres.Value.Dispose();
        }

        if (s3.IsValueCreated)
        {
            s3.Value.Dispose();
        }

        DeleteDirectory(Directory);
    }

    private static void DeleteDirectory(string path)
    {
        if (System.IO.Directory.Exists(path))
        {
            System.IO.Directory.Delete(path, recursive: true);
        }
    }

    private RegistryServer Keep(RegistryServer server)
    {
        lock (gate)
        {
            if (!disposed)
            {
                servers.Add(server);
                return server;
            }
        }

        server.Dispose();
        throw new BenchmarkException("The run was interrupted.");
    }
}
