using Registry.Auth.Tokens;
using Registry.Storage;
using Registry.Upstreams;

namespace Registry.Configuration;

/// <summary>Everything the registry can be told, read once at the start. docs/configuration.md lists the keys.</summary>
public sealed record RegistryOptions
{
    /// <summary>Whether everyone who can reach the registry may use it.</summary>
    public required bool Open { get; init; }

    /// <summary>Whether public repositories are so for those who have not signed in, too.</summary>
    public required bool AnonymousPull { get; init; }

    /// <summary>Whether writes are refused.</summary>
    public required bool ReadOnly { get; init; }

    /// <summary>The largest manifest in bytes. Clients refuse to pull more than 4 MiB.</summary>
    public required int MaxManifestSize { get; init; }

    /// <summary>How long a client may take nothing of what it asked for before its connection is closed.</summary>
    public required TimeSpan Stall { get; init; }

    /// <summary>Who fetches blobs from the object store itself.</summary>
    public required RedirectOptions Redirects { get; init; }

    /// <summary>Whether every request is logged.</summary>
    public required bool AccessLog { get; init; }

    /// <summary>Where traces and metrics go by OTLP, or null.</summary>
    public required Uri? OtlpEndpoint { get; init; }

    /// <summary>Whether OTLP travels over HTTP rather than gRPC.</summary>
    public required bool OtlpOverHttp { get; init; }

    /// <summary>How the registry meets the network.</summary>
    public required EdgeOptions Edge { get; init; }

    /// <summary>What the token service is told.</summary>
    public required TokenOptions Tokens { get; init; }

    /// <summary>The file of the key that opens the keys in the database.</summary>
    public required string MasterKeyFile { get; init; }

    /// <summary>How long audit records are kept.</summary>
    public required TimeSpan AuditRetention { get; init; }

    /// <summary>On which connection PostgreSQL's notifications are listened to; null when nobody does.</summary>
    public required string? PostgresNotifications { get; init; }

    /// <summary>Where other replicas reach this one; null when they do not.</summary>
    public required BindingAddress? InternalAddress { get; init; }

    /// <summary>How the process ends.</summary>
    public required ShutdownOptions Shutdown { get; init; }

    /// <summary>What the storage is told.</summary>
    public required StorageOptions Storage { get; init; }

    /// <summary>The registries that this one mirrors.</summary>
    internal IReadOnlyList<UpstreamOptions> Upstreams { get; init; } = [];

    /// <summary>Reads and checks the configuration.</summary>
    /// <exception cref="ConfigurationException">A setting is wrong.</exception>
    public static RegistryOptions Read(IConfiguration configuration)
    {
        var settings = new Settings(configuration);
        var otlp = Endpoint(settings);
        var storage = ReadStorage(settings);
        var edge = EdgeOptions.Read(settings);
        var options = new RegistryOptions
        {
            Open = settings.Flag("Access:Open", false),
            AnonymousPull = settings.Flag("Access:AnonymousPull", true),
            ReadOnly = settings.Flag("ReadOnly", false),
            MaxManifestSize = (int)settings.Number("Manifests:MaxSize", 4 << 20, 1 << 10, 64 << 20),
            Stall = settings.Duration("Downloads:Stall", TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(1)),
            Redirects = RedirectOptions.Read(settings, storage),
            AccessLog = settings.Flag("AccessLog:Enabled", true),
            OtlpEndpoint = otlp,
            OtlpOverHttp = OverHttp(settings, otlp),
            Edge = edge,
            Tokens = TokenSettings.Read(settings, edge.PublicUrl),
            MasterKeyFile = Path.GetFullPath(settings.Text("Keys:MasterKeyFile", Path.Combine(storage.DataDirectory, "master.key"))),
            AuditRetention = settings.Duration("Audit:Retention", TimeSpan.FromDays(90), TimeSpan.FromDays(1)),
            PostgresNotifications = PostgresSettings.ReadNotifications(settings),
            InternalAddress = ListenAddresses.ReadInternal(settings, edge.Tls, storage.Postgres is not null),
            Shutdown = ShutdownOptions.Read(settings, storage.Postgres is not null),
            Storage = storage,
            Upstreams = UpstreamOptions.Read(settings),
        };
        settings.RefuseUnknown("Access", "Audit", "Manifests", "Downloads", "AccessLog", "Uploads", "Collection", "Otlp", "Proxies", "Tls", "Tokens", "Keys", "Storage", "Storage:S3", "Storage:Second", "Storage:Second:S3", "Postgres", "Internal", "Shutdown");
        return options;
    }

    private static StorageOptions ReadStorage(Settings settings)
    {
        var defaults = new StorageOptions { DataDirectory = "data" };
        var storage = defaults with
        {
            DataDirectory = Path.GetFullPath(settings.Text("DataDirectory", defaults.DataDirectory)),
            Postgres = PostgresSettings.Read(settings),
            SparseIndexes = settings.Flag("Manifests:Sparse", defaults.SparseIndexes),
            UploadExpiry = settings.Duration("Uploads:Expiry", defaults.UploadExpiry, TimeSpan.Zero),
            Lease = settings.Duration("Collection:Lease", defaults.Lease, TimeSpan.Zero),
            Grace = settings.Duration("Collection:Grace", defaults.Grace, TimeSpan.Zero),
            Window = settings.Duration("Collection:Window", defaults.Window, TimeSpan.Zero),
            CollectionInterval = settings.Duration("Collection:Interval", defaults.CollectionInterval, TimeSpan.FromMilliseconds(1)),
            CollectUntagged = settings.Flag("Collection:Untagged", defaults.CollectUntagged),
            S3 = S3Settings.Read(settings, "Storage:S3"),
            SecondOnDisk = settings.Flag("Storage:Second:Disk", defaults.SecondOnDisk),
            SecondS3 = S3Settings.Read(settings, "Storage:Second:S3"),
        };
        settings.Section("Storage:Second");
        CheckSecond(storage);

        // What a manifest named when a client was told "exists" must outlive that promise.
        return storage.Grace >= storage.Lease
            ? storage
            : throw Settings.Wrong("Collection:Grace", storage.Grace.ToString(), $"a time that is at least Collection:Lease ({storage.Lease})");
    }

    private static void CheckSecond(StorageOptions storage)
    {
        if (storage.SecondOnDisk && (storage.S3 is null || storage.SecondS3 is not null))
        {
            throw Settings.Wrong("Storage:Second:Disk", "true", "false, unless objects move from the disk to Storage:S3");
        }

        if (storage is { S3: { } first, SecondS3: { } second } && (first.Bucket, first.Endpoint, first.Prefix) == (second.Bucket, second.Endpoint, second.Prefix))
        {
            throw Settings.Wrong("Storage:Second:S3:Bucket", second.Bucket, "another bucket, or another prefix, than that of Storage:S3");
        }
    }

    // By convention port 4317 is gRPC and 4318 HTTP.
    private static bool OverHttp(Settings settings, Uri? endpoint) => settings.Text("Otlp:Protocol") switch
    {
        null => endpoint?.Port == 4318,
        "http" => true,
        "grpc" => false,
        var text => throw Settings.Wrong("Otlp:Protocol", text, "grpc or http"),
    };

    private static Uri? Endpoint(Settings settings)
    {
        var text = settings.Text("Otlp:Endpoint") ?? settings.Text("OTEL_EXPORTER_OTLP_ENDPOINT");
        return text is null ? null
            : Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" ? uri
            : throw Settings.Wrong("Otlp:Endpoint", text, "an http or https address");
    }
}
