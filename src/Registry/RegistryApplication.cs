using Registry.Access;
using Registry.Blobs;
using Registry.Catalog;
using Registry.Configuration;
using Registry.Edge;
using Registry.Health;
using Registry.Management;
using Registry.Manifests;
using Registry.Mirror;
using Registry.Protocol;
using Registry.Referrers;
using Registry.Replicas;
using Registry.Search;
using Registry.Storage;
using Registry.Tags;
using Registry.Telemetry;
using Registry.Tls;
using Registry.Tokens;
using Registry.Uploads;
using Registry.Upstreams;

namespace Registry;

/// <summary>The registry as one ASP.NET Core application.</summary>
public static class RegistryApplication
{
    /// <summary>Builds, starts and serves until Ctrl-C or SIGTERM. Returns the exit code of the process.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        try
        {
            await using var app = Build(args);
            await app.StartAsync();
            await Welcome.PrintAsync(app);
            await app.WaitForShutdownAsync();
            return 0;
        }
        catch (ConfigurationException e)
        {
            await Console.Error.WriteLineAsync($"registry: {e.Message}");
            return 1;
        }
        catch (IOException e) when (e.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            await Console.Error.WriteLineAsync($"registry: {e.Message} Another program listens there: choose another address with --urls");
            return 1;
        }
    }

    /// <summary>Builds the application from command line, environment and appsettings.json.</summary>
    /// <exception cref="ConfigurationException">A setting is wrong.</exception>
    /// <param name="args">The command line.</param>
    /// <param name="localOnly">Whether to listen on the socket in the data directory alone.</param>
    /// <param name="time">The clock; null for the database's.</param>
    public static WebApplication Build(string[] args, bool localOnly = false, TimeProvider? time = null)
    {
        RuntimeFloor.Check();

        // Configuration is read once. Watching its files means watching their folder, and all the data below it.
        var builder = CreateBuilder(args);
        var options = RegistryOptions.Read(builder.Configuration);
        options = localOnly ? options with { InternalAddress = null } : options;
        var addresses = localOnly ? [] : ListenAddresses.Read(builder.Configuration, options.Edge.Tls);
        builder.AddServer(addresses, options);
        builder.Services.AddRegistry(options, time);

        var app = builder.Build();
        app.Services.GetRequiredService<DataDirectory>();
        app.Services.GetService<TlsFiles>();
        app.Services.GetService<OpenTelemetryExport>();
        app.MapRegistry();
        ErrorEnvelope.Prepare();
        return app;
    }

    /// <summary>What the storage is told by command line, environment and appsettings.json.</summary>
    /// <exception cref="ConfigurationException">A setting is wrong.</exception>
    internal static StorageOptions StorageOf(string[] args) => RegistryOptions.Read(CreateBuilder(args).Configuration).Storage;

    /// <summary>The upstreams of command line, environment and appsettings.json.</summary>
    /// <exception cref="ConfigurationException">A setting is wrong.</exception>
    internal static IReadOnlyList<UpstreamOptions> UpstreamsOf(string[] args) => RegistryOptions.Read(CreateBuilder(args).Configuration).Upstreams;

    private static WebApplicationBuilder CreateBuilder(string[] args) =>
        WebApplication.CreateSlimBuilder([.. args, "--hostBuilder:reloadConfigOnChange=false"]);

    // The whole order of a request, and every endpoint.
    private static void MapRegistry(this WebApplication app)
    {
        app.UseMiddleware<ForwardedHeaders>();
        app.UseMiddleware<AccessLogMiddleware>();
        app.UseMiddleware<ErrorMiddleware>();
        app.UseMiddleware<InternalMiddleware>();
        app.UseMiddleware<HostCheck>();
        app.UseMiddleware<DoorMiddleware>();
        app.UseMiddleware<RepositoryPathMiddleware>();
        app.UseRouting();
        app.UseMiddleware<PlainHttp>();
        app.UseMiddleware<AccessMiddleware>();

        app.Services.GetRequiredService<TokenEndpoints>().Map(app);
        app.Services.GetRequiredService<DiscoveryEndpoints>().Map(app);
        app.Services.GetRequiredService<CatalogEndpoints>().Map(app);
        app.Services.GetRequiredService<ManifestEndpoints>().Map(app);
        app.Services.GetRequiredService<BlobEndpoints>().Map(app);
        app.Services.GetRequiredService<UploadEndpoints>().Map(app);
        app.Services.GetRequiredService<TagEndpoints>().Map(app);
        app.Services.GetRequiredService<ReferrerEndpoints>().Map(app);
        app.Services.GetRequiredService<SearchEndpoints>().Map(app);
        app.Services.GetRequiredService<HealthEndpoints>().Map(app);
        app.MapManagement();
        app.RefuseUndeclared();
    }
}
