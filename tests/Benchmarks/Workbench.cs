using Registry.Benchmarks.Servers;

namespace Registry.Benchmarks;

/// <summary>One run's temporary directory, servers and database cluster; disposing it leaves nothing behind.</summary>
internal sealed class Workbench : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<RegistryServer> _servers = [];
    private readonly Lazy<PostgresCluster> _postgres;
    private readonly Lazy<string> _program;
    private int _serial;
    private bool _disposed;

    public Workbench(BenchmarkOptions options)
    {
        Options = options;
        // The database's own user must be able to pass through, hence no private temporary directory.
        Directory = Path.Combine(Path.GetTempPath(), $"registry-benchmarks-{Guid.NewGuid():N}");
        System.IO.Directory.CreateDirectory(Directory);
        _postgres = new(() => PostgresCluster.Start(Path.Combine(Directory, "postgres")));
        _program = new(() => options.Program ?? PublishedProgram.Publish(Path.Combine(Directory, "program"), Say));
    }

    public BenchmarkOptions Options { get; }

    private string OursReady => Options.Calibrate ? PeerRegistry.Ready : OurRegistry.Ready;

    public string Directory { get; }

    public PostgresCluster Postgres => _postgres.Value;

    /// <summary>The executable that is measured; published at the first use.</summary>
    public string Program => _program.Value;

    public void Say(string message) => Console.Error.WriteLine($"{DateTime.Now:HH:mm:ss} {message}");

    /// <summary>A new directory of this run.</summary>
    public string NewDirectory(string purpose)
    {
        string path = Path.Combine(Directory, $"{purpose}-{Interlocked.Increment(ref _serial)}");
        System.IO.Directory.CreateDirectory(path);
        return path;
    }

    /// <summary>Our program on SQLite, answering.</summary>
    public RegistryServer StartOurs() => LaunchOurs().WaitUntilReady(OursReady);

    /// <summary>Our program on a database of the run's PostgreSQL cluster, answering.</summary>
    public RegistryServer StartOursOnPostgres() =>
        LaunchOurs(postgres: Options.Calibrate ? null : Postgres.CreateDatabase()).WaitUntilReady(OursReady);

    /// <summary>docker-registry, answering.</summary>
    public RegistryServer StartPeer() => LaunchPeer().WaitUntilReady(PeerRegistry.Ready);

    /// <summary>Our program, not waited for.</summary>
    public RegistryServer LaunchOurs(string? data = null, string? postgres = null) =>
        Options.Calibrate ? LaunchPeer() : Keep(OurRegistry.Launch(Program, data ?? NewDirectory("ours"), postgres));

    /// <summary>docker-registry, not waited for.</summary>
    public RegistryServer LaunchPeer() => Keep(PeerRegistry.Launch(NewDirectory("peer")));

    /// <summary>Ends the servers of a line and removes what they stored.</summary>
    public void StopServers()
    {
        RegistryServer[] servers;
        lock (_gate)
        {
            servers = [.. _servers];
            _servers.Clear();
        }

        foreach (RegistryServer server in servers)
        {
            server.Dispose();
            DeleteDirectory(server.DataDirectory);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
        }

        StopServers();
        if (_postgres.IsValueCreated)
        {
            _postgres.Value.Dispose();
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
        lock (_gate)
        {
            if (!_disposed)
            {
                _servers.Add(server);
                return server;
            }
        }

        server.Dispose();
        throw new BenchmarkException("The run was interrupted.");
    }
}
