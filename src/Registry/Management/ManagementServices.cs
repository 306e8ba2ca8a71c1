using Registry.Auth.Audit;
using Registry.Auth.Identities;

namespace Registry.Management;

/// <summary>What the management API is made of.</summary>
internal static class ManagementServices
{
    public static void AddManagement(this IServiceCollection services)
    {
        services.AddSingleton<UserStore>().AddSingleton<CredentialStore>().AddSingleton<TeamStore>().AddSingleton<RobotStore>();
        services.AddSingleton<NamespaceStore>().AddSingleton<RepositorySettingsStore>().AddSingleton<GrantStore>().AddSingleton<SetupTokens>();
        services.AddSingleton<AuditStore>().AddSingleton<AuditLog>().AddSingleton<LastUse>();

        services.AddSingleton<Passwords>();
        services.AddSingleton<SetupEndpoints>().AddSingleton<WhoamiEndpoints>();
        services.AddSingleton<UserEndpoints>().AddSingleton<ImportEndpoints>().AddSingleton<AccessTokenEndpoints>().AddSingleton<SessionEndpoints>();
        services.AddSingleton<TeamEndpoints>().AddSingleton<NamespaceEndpoints>().AddSingleton<RobotEndpoints>().AddSingleton<GrantEndpoints>();
        services.AddSingleton<RepositoryEndpoints>().AddSingleton<AuditEndpoints>().AddSingleton<KeyEndpoints>().AddSingleton<UpstreamEndpoints>().AddSingleton<OpenApiEndpoints>();
    }

    public static void MapManagement(this WebApplication app)
    {
        app.Services.GetRequiredService<SetupEndpoints>().Map(app);
        app.Services.GetRequiredService<WhoamiEndpoints>().Map(app);
        app.Services.GetRequiredService<UserEndpoints>().Map(app);
        app.Services.GetRequiredService<ImportEndpoints>().Map(app);
        app.Services.GetRequiredService<AccessTokenEndpoints>().Map(app);
        app.Services.GetRequiredService<SessionEndpoints>().Map(app);
        app.Services.GetRequiredService<TeamEndpoints>().Map(app);
        app.Services.GetRequiredService<NamespaceEndpoints>().Map(app);
        app.Services.GetRequiredService<RobotEndpoints>().Map(app);
        app.Services.GetRequiredService<GrantEndpoints>().Map(app);
        app.Services.GetRequiredService<RepositoryEndpoints>().Map(app);
        app.Services.GetRequiredService<AuditEndpoints>().Map(app);
        app.Services.GetRequiredService<KeyEndpoints>().Map(app);
        app.Services.GetRequiredService<UpstreamEndpoints>().Map(app);
        app.Services.GetRequiredService<OpenApiEndpoints>().Map(app);
    }
}
