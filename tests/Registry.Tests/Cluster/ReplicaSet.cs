namespace Registry.Tests.Cluster;

/// <summary>Replicas as processes on one database and one bucket, each with a data directory of its own; any of them may be killed.</summary>
public sealed class ReplicaSet : IAsyncDisposable
{
    private readonly string _shared = RunDirectory.Create("cluster");
    private readonly S3Bucket _bucket;
    private readonly string _database;
    private readonly List<RegistryProcess> _replicas = [];
    private readonly List<Uri> _addresses = [];

    private ReplicaSet(S3Bucket bucket, string database)
    {
        _bucket = bucket;
        _database = database;
        Client = new HttpClient(new RoundRobin(_addresses)) { BaseAddress = new Uri("http://registry.test/"), Timeout = Eventually.Guard };
    }

    /// <summary>Sends each request to the next replica.</summary>
    public HttpClient Client { get; }

    public IReadOnlyList<RegistryProcess> Replicas => _replicas;

    public S3Bucket Bucket => _bucket;

    public string ConnectionString => _database;

    public static async Task<ReplicaSet> StartAsync(int replicas, params (string Key, string Value)[] settings)
    {
        var set = new ReplicaSet(await S3Gateway.CreateBucketAsync(), await PostgresCluster.CreateDatabaseAsync());
        try
        {
            // One after the other: the first makes the tables and the master key.
            for (var i = 0; i < replicas; i++)
            {
                var replica = await RegistryProcess.StartAsync(Engine.Postgres, [.. set.Settings, .. settings]);
                set._replicas.Add(replica);
                set._addresses.Add(replica.Address);
            }

            return set;
        }
        catch
        {
            await set.DisposeAsync();
            throw;
        }
    }

    public RepositoryClient Repository(string name) => new(Client, name);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        foreach (var replica in _replicas)
        {
            await replica.DisposeAsync();
        }

        await PostgresCluster.DropDatabaseAsync(_database);
        await _bucket.DisposeAsync();
    }

    private (string, string)[] Settings =>
    [
        .. _bucket.Settings,
        ("ConnectionStrings:Postgres", _database),
        ("Keys:MasterKeyFile", Path.Combine(_shared, "master.key")),
        ("Access:Open", "true"),
    ];
}
