namespace Registry.Tests;

/// <summary>What survives a restart of the registry: data directory, database, bucket, port and settings.</summary>
public sealed class Installation : IAsyncDisposable
{
    private const string Postgres = "ConnectionStrings:Postgres";

    private readonly string _directory = DataDirectories.Take();
    private readonly string? _database;
    private readonly (string Key, string Value)[] _settings;

    private Installation(string? database, S3Bucket? bucket, (string Key, string Value)[] settings)
    {
        _database = database;
        Bucket = bucket;
        _settings = settings;
        Address = new Uri($"http://127.0.0.1:{Ports.Next()}/");
    }

    public Uri Address { get; }

    /// <summary>One of the run's, unless the settings of the test name another.</summary>
    public string DataDirectory => Setting("DataDirectory", _settings) ?? _directory;

    /// <summary>As the data directory: of the run's server, or the one that the test names.</summary>
    public string? ConnectionString => Setting(Postgres, _settings) ?? _database;

    /// <summary>Where the objects are, when they are not in the data directory.</summary>
    public S3Bucket? Bucket { get; }

    /// <summary>The command line. The settings of the test come last, the last value of a key is the one that counts.</summary>
    public string[] Arguments =>
    [
        $"--urls={Address.GetLeftPart(UriPartial.Authority)}",
        $"--DataDirectory={DataDirectory}",
        "--AccessLog:Enabled=false",
        "--Logging:LogLevel:Default=Warning",
        "--Shutdown:Drain=0",
        .. _database is null ? Array.Empty<string>() : [$"--{Postgres}={_database}"],
        .. (Bucket?.Settings ?? []).Concat(_settings).Select(setting => $"--{setting.Key}={setting.Value}"),
    ];

    public static async Task<Installation> CreateAsync(Engine engine, (string Key, string Value)[] settings) =>
        new(
            engine is not Engine.Sqlite && Setting(Postgres, settings) is null ? await PostgresCluster.CreateDatabaseAsync() : null,
            engine is Engine.PostgresS3 && Setting("Storage:S3:Bucket", settings) is null ? await S3Gateway.CreateBucketAsync() : null,
            settings);

    /// <summary>A client that shows every response as it came: no redirect followed, nothing decompressed, no cookies.</summary>
    public HttpClient CreateClient()
    {
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false };
        return new HttpClient(handler) { BaseAddress = Address, Timeout = Eventually.Guard };
    }

    public async ValueTask DisposeAsync()
    {
        DataDirectories.Return(_directory);
        if (_database is not null)
        {
            await PostgresCluster.DropDatabaseAsync(_database);
        }

        if (Bucket is not null)
        {
            await Bucket.DisposeAsync();
        }
    }

    private static string? Setting(string key, (string Key, string Value)[] settings) =>
        settings.LastOrDefault(setting => setting.Key == key).Value;
}
