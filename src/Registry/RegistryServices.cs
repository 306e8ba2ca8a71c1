using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Registry.Access;
using Registry.Auth.Identities;
using Registry.Auth.Passwords;
using Registry.Auth.Permissions;
using Registry.Auth.Tokens;
using Registry.Blobs;
using Registry.Catalog;
using Registry.Configuration;
using Registry.Connections;
using Registry.Edge;
using Registry.Health;
using Registry.Management;
using Registry.Manifests;
using Registry.Mirror;
using Registry.Referrers;
using Registry.Replicas;
using Registry.Search;
using Registry.Shutdown;
using Registry.Storage.Blobs;
using Registry.Storage.Collection;
using Registry.Storage.Manifests;
using Registry.Storage.Metadata;
using Registry.Storage.Metadata.Moving;
using Registry.Storage.Objects;
using Registry.Storage.Repositories;
using Registry.Storage.Uploads;
using Registry.Tags;
using Registry.Telemetry;
using Registry.Tls;
using Registry.Tokens;
using Registry.Uploads;
using Registry.Workers;

namespace Registry;

/// <summary>What the application is made of.</summary>
internal static class RegistryServices
{
    // Clients send ten tags in a query, and tokens in headers.
    private const int MaxRequestLine = 32 << 10;
    private const int MaxHeaders = 64 << 10;

    // What a connection has received and nobody has read yet. A chunked body is held twice, as it came and without its framing. More
    // than this makes pushes slower: it has left the processor's cache when it is read.
    private const int MaxReceived = 128 << 10;

    public static void AddServer(this WebApplicationBuilder builder, IReadOnlyList<BindingAddress> addresses, RegistryOptions options)
    {
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.UseSockets();
        builder.Services.AddOptions<SocketTransportOptions>().Configure<LocalListener>((transport, local) =>
        {
            transport.CreateBoundListenSocket = local.SocketOf;
            transport.MaxReadBufferSize = MaxReceived; // Kestrel's own limit is for connections with TLS alone
        });
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestLineSize = MaxRequestLine;
            kestrel.Limits.MaxRequestHeadersTotalSize = MaxHeaders;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);

            // Layers of 100 GiB are normal; manifests have their own limit.
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MaxRequestBufferSize = MaxReceived;
            kestrel.Limits.MinRequestBodyDataRate = new(bytesPerSecond: 100, gracePeriod: TimeSpan.FromSeconds(60));

            // Kestrel does not count what is flushed in large steps and would cut slow readers off; StallTimeout is our rule.
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.ConfigureEndpointDefaults(listen => listen.UseSocketOutput());
            kestrel.UseTls(options.Edge.Tls);
            kestrel.Listen(addresses);
            InternalConnection.Listen(kestrel, options);
            kestrel.ApplicationServices.GetRequiredService<LocalListener>().Listen(kestrel);
        });
        builder.Logging.ClearProviders();
        builder.Logging.AddSimpleConsole(console => console.SingleLine = true);
        builder.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(
            console => console.LogToStandardErrorThreshold = LogLevel.Trace); // standard output belongs to the access log
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);

        // It would warn that the addresses are listened on by us and not by itself; its parts still warn.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Error);
        builder.Logging.AddFilter("Microsoft.AspNetCore.Server.Kestrel.", LogLevel.Warning);
        // A start that fails says why in one sentence; a worker that dies is critical.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        if (options.OtlpEndpoint is null)
        {
            // Nobody reads activities, and this category's being on makes the host start one for every request.
            builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        }
    }

    public static void AddRegistry(this IServiceCollection services, RegistryOptions options, TimeProvider? time)
    {
        services.AddRouting();
        services.AddSingleton<Microsoft.AspNetCore.Connections.IMemoryPoolFactory<byte>, LargeBlocks>();
        services.AddSingleton(options);
        services.AddSingleton(options.Storage);
        services.AddSingleton<DatabaseTime>().AddSingleton(provider => time ?? provider.GetRequiredService<DatabaseTime>());
        services.AddSingleton<DataDirectory>().AddSingleton<LocalListener>().AddSingleton<PublicAddress>();
        if (options.Edge.Tls.Certificate is not null)
        {
            services.AddSingleton<TlsFiles>();
        }

        services.AddSingleton<Database>(_ => options.Storage.Postgres is { } postgres
            ? new PostgresDatabase(postgres)
            : OpenSqlite(options.Storage.SqliteFile));
        services.AddSingleton(provider => ObjectStores.Open(options.Storage, provider.GetRequiredService<Database>(), provider.GetRequiredService<GrowingObjects>()));
        services.AddSingleton<ObjectReserve>();
        services.AddSingleton<RepositoryStore>().AddSingleton<BlobStore>().AddSingleton<UploadStore>().AddSingleton<WholeUploadStore>();
        services.AddSingleton<ManifestStore>().AddSingleton<TagStore>().AddSingleton<ReferrerStore>();
        services.AddSingleton<Collector>();

        services.AddSingleton(new Policy(options.AnonymousPull, options.Tokens.Trusted.Count > 0));
        services.AddSingleton<Principals>().AddSingleton<ImportedPasswords>().AddSingleton<SignIn>().AddSingleton<Certificates>().AddSingleton<PasswordVerifier>().AddSingleton<RefreshTokens>();
        services.AddSingleton<TokenService>().AddSingleton<Authentication>().AddSingleton<Refusal>();

        services.AddSingleton<TransferBudget>().AddSingleton<StallTimeout>().AddSingleton<BlobBody>().AddSingleton<Redirects>().AddSingleton<SmallObjects>().AddSingleton<BlobResponse>();
        services.AddSingleton<TokenEndpoints>().AddSingleton<DiscoveryEndpoints>();
        services.AddSingleton<CatalogEndpoints>().AddSingleton<ManifestEndpoints>().AddSingleton<BlobEndpoints>();
        services.AddSingleton<UploadEndpoints>().AddSingleton<TagEndpoints>().AddSingleton<ReferrerEndpoints>();
        services.AddSingleton<SearchEndpoints>().AddSingleton<HealthEndpoints>();

        services.AddSingleton<RequestMetrics>();
        services.AddSingleton<RegistryMeter>();
        if (options.AccessLog)
        {
            services.AddSingleton<AccessLog>();
        }

        if (options.OtlpEndpoint is { } endpoint)
        {
            services.AddSingleton(_ => new OpenTelemetryExport(endpoint, options.OtlpOverHttp));
        }

        services.AddHostedService<SchemaUpdate>();
        services.AddHostedService<ObjectStoreCheck>();
        services.AddReplicas(options);
        services.AddTokens(options);
        services.AddMirror(options);
        services.AddManagement();
        services.AddSingleton<Draining>().AddSingleton<IHostLifetime, SignalLifetime>();
        services.Configure<HostOptions>(host => host.ShutdownTimeout = options.Shutdown.Limit);
        services.AddHostedService<CollectionWorker>();
        services.AddHostedService<AuditWorker>();
        services.AddHostedService<LastUseWorker>();
    }

    private static SqliteDatabase OpenSqlite(string file) => !File.Exists(file) && File.Exists(MetadataCopy.MovedName(file))
        ? throw new ConfigurationException(
            $"ConnectionStrings:Postgres is not set, and the metadata of this registry were moved to PostgreSQL: {MetadataCopy.MovedName(file)} is what they were before")
        : new SqliteDatabase(file);
}
