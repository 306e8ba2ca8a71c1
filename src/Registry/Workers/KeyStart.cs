using System.Security.Cryptography;
using Registry.Auth.Tokens.Keys;
using Registry.Auth.Tokens.Protection;
using Registry.Auth.Tokens.Trusted;
using Registry.Configuration;

namespace Registry.Workers;

/// <summary>Opens all keys before anything is served: without them the registry must not start, and must not make do with others.</summary>
internal sealed class KeyStart(KeyRepository repository, SigningKeys keys, TrustedIssuers trusted) : IHostedService
{
    /// <exception cref="ConfigurationException">The keys cannot be used.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await repository.OpenAsync(cancellationToken);
            await keys.StartAsync(cancellationToken);

            // Another replica may have started with another master key at the same moment: now each sees what the other wrote.
            await repository.ReadAsync(cancellationToken);
        }
        catch (MasterKeyException e)
        {
            throw new ConfigurationException($"Keys:MasterKeyFile: {e.Message}");
        }
        catch (UnreadableKeyException e)
        {
            throw new ConfigurationException($"Keys:MasterKeyFile: {e.Message}");
        }
        catch (CryptographicException e)
        {
            throw new ConfigurationException($"Tokens:Algorithm: {e.Message}");
        }

        await StartTrustedAsync(cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task StartTrustedAsync(CancellationToken cancellationToken)
    {
        try
        {
            await trusted.StartAsync(cancellationToken);
        }
        catch (TrustedKeysException e)
        {
            throw new ConfigurationException($"Tokens:Trusted: {e.Message}");
        }
    }
}
