using Registry.Configuration;
using Registry.Storage.Mirror;

namespace Registry.Mirror;

/// <summary>What pulling from upstreams is made of.</summary>
internal static class MirrorServices
{
    public static void AddMirror(this IServiceCollection services, RegistryOptions options)
    {
        services.AddSingleton(provider => new UpstreamTable(
            options.Upstreams, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILoggerFactory>()));
        services.AddSingleton<MirrorStore>().AddSingleton<FillStore>().AddSingleton<PullStore>().AddSingleton<EvictionStore>();
        services.AddSingleton<PullLog>().AddSingleton<Eviction>();
        services.AddSingleton<ManifestFetch>().AddSingleton<MirroredManifests>().AddSingleton<MirroredListings>();
        services.AddSingleton<FillRelay>().AddSingleton<BlobFetch>().AddSingleton<Fills>().AddSingleton<MirroredBlobs>();
        services.AddHostedService<MirrorStart>();
        if (options.Upstreams.Count > 0)
        {
            services.AddHostedService(provider => provider.GetRequiredService<PullLog>());
            services.AddHostedService(provider => provider.GetRequiredService<Eviction>());
        }
    }
}
