using Registry.Configuration;
using Registry.Storage.Metadata;
using Registry.Storage.Objects;
using Registry.Storage.Replicas;
using Registry.Workers;

namespace Registry.Replicas;

/// <summary>What a replica has to do with the others.</summary>
internal static class ReplicaServices
{
    public static void AddReplicas(this IServiceCollection services, RegistryOptions options)
    {
        services.AddSingleton(Replica.Start(options.InternalAddress?.ToString()));
        services.AddSingleton<ReplicaStore>().AddSingleton<WorkLeases>().AddSingleton<Wakeups>().AddSingleton<GrowingObjects>();
        services.AddSingleton<InternalTokens>().AddSingleton<InternalObjects>();
        if (options.Storage.Postgres is null)
        {
            return; // it is alone
        }

        services.AddHostedService<ReplicaWorker>();
        if (options.PostgresNotifications is { } connection)
        {
            services.AddSingleton(provider => new PostgresNotifications(connection, provider.GetRequiredService<Wakeups>()));
            services.AddHostedService<NotificationWorker>();
        }
    }
}
