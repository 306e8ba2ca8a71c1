namespace Registry.Tests.Replicas;

/// <summary>
/// Some replicas as processes: one database, one master key, and one set of objects, in a bucket or in a folder. Each has a data directory
/// of its own, in which only the folder of the objects is everybody's.
/// </summary>
internal sealed class ReplicaSet : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly (string Key, string Value)[] _settings;
    private readonly List<RegistryProcess> _replicas = [];
    private string? _database;
    private S3Bucket? _bucket;

    private ReplicaSet((string Key, string Value)[] settings) => _settings = settings;

    public IReadOnlyList<RegistryProcess> Replicas => _replicas;

    public RoundRobin Balancer { get; private set; } = null!;

    /// <summary>Sends each request to the next replica.</summary>
    public HttpClient Client { get; private set; } = null!;

    public string ConnectionString => _replicas[0].ConnectionString!;

    public static Task<ReplicaSet> StartAsync(int count, params (string Key, string Value)[] settings) => StartAsync(count, Engine.Postgres, settings);

    /// <param name="count">How many there are.</param>
    /// <param name="engine">Where the objects are.</param>
    /// <param name="settings">Further settings of all.</param>
    public static async Task<ReplicaSet> StartAsync(int count, Engine engine, params (string Key, string Value)[] settings)
    {
        var bucket = engine is Engine.PostgresS3 ? await S3Gateway.CreateBucketAsync() : null;
        var replicas = new ReplicaSet([.. bucket?.Settings ?? [], .. settings]) { _bucket = bucket };
        try
        {
            Directory.CreateDirectory(replicas._directory.File("objects"));
            await replicas.AddAsync();
            await Task.WhenAll(Enumerable.Range(1, count - 1).Select(_ => replicas.AddAsync()));
            replicas.Balancer = new RoundRobin([.. replicas._replicas.Select(replica => replica.Address)]);
            replicas.Client = new HttpClient(replicas.Balancer) { BaseAddress = replicas._replicas[0].Address, Timeout = Eventually.Guard };
            return replicas;
        }
        catch
        {
            await replicas.DisposeAsync();
            throw;
        }
    }

    /// <summary>A replica that is not started yet; it is not among those that the client speaks to.</summary>
    public async Task<RegistryProcess> CreateAsync(params (string Key, string Value)[] settings)
    {
        _database ??= await PostgresCluster.CreateDatabaseAsync();
        var data = _directory.File($"data-{Guid.NewGuid():n}"[..13]);
        Directory.CreateDirectory(data);
        Directory.CreateSymbolicLink(Path.Combine(data, "objects"), _directory.File("objects"));
        return await RegistryProcess.CreateAsync(
            Engine.Postgres,
            [
                ("DataDirectory", data), ("Keys:MasterKeyFile", _directory.File("master.key")), ("ConnectionStrings:Postgres", _database),
                .. _settings, .. settings,
            ]);
    }

    public async ValueTask DisposeAsync()
    {
        Client?.Dispose();
        foreach (var replica in _replicas)
        {
            await replica.DisposeAsync();
        }

        if (_database is not null)
        {
            await PostgresCluster.DropDatabaseAsync(_database);
        }

        if (_bucket is not null)
        {
            await _bucket.DisposeAsync();
        }

        _directory.Dispose();
    }

    private async Task AddAsync()
    {
        var replica = await CreateAsync();
        lock (_replicas)
        {
            _replicas.Add(replica);
        }

        await replica.StartAgainAsync();
    }
}
