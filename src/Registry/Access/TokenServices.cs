using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;
using Registry.Auth.Tokens;
using Registry.Auth.Tokens.Keys;
using Registry.Auth.Tokens.Protection;
using Registry.Auth.Tokens.Trusted;
using Registry.Configuration;
using Registry.Storage.Metadata;
using Registry.Workers;

namespace Registry.Access;

/// <summary>What tokens are signed and checked with.</summary>
internal static class TokenServices
{
    // What is protected here is not for other applications, and the default, the working directory, differs between replicas.
    private const string Application = "registry";

    public static void AddTokens(this IServiceCollection services, RegistryOptions options)
    {
        services.AddSingleton(options.Tokens);
        services.AddSingleton<SigningKeys>().AddSingleton<TrustedIssuers>().AddSingleton<TokenIssuer>().AddSingleton<TokenVerifier>();
        services.AddSingleton(provider => new KeyRepository(provider.GetRequiredService<Database>(), options.MasterKeyFile));

        // Before data protection, which reads its keys at the start, too, but goes on without them.
        services.AddHostedService<KeyStart>();
        services.AddHostedService<KeyWorker>();
        services.AddSingleton<XmlKeyManager>().AddSingleton<ProtectionKeys>().AddSingleton<IKeyManager>(provider => provider.GetRequiredService<ProtectionKeys>());
        services.AddDataProtection().SetApplicationName(Application);
        services.AddOptions<KeyManagementOptions>().Configure<KeyRepository>((management, repository) =>
        {
            management.XmlRepository = repository;
            management.XmlEncryptor = new NullXmlEncryptor(); // the repository encrypts
        });
    }
}
