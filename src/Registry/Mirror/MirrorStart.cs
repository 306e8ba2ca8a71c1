using Registry.Configuration;
using Registry.Storage.Mirror;

namespace Registry.Mirror;

/// <summary>Takes the namespaces of the configured upstreams, before anything is served.</summary>
internal sealed class MirrorStart(UpstreamTable upstreams, MirrorStore mirror) : IHostedService
{
    /// <exception cref="ConfigurationException">Somebody has pushed to a namespace that an upstream should have.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var upstream in upstreams.All)
        {
            var alias = upstream.Options.Alias;
            if (!await mirror.OwnAsync(alias, upstream.Options.Anonymous, cancellationToken))
            {
                throw new ConfigurationException(
                    $"Upstreams:{alias} cannot be: the namespace {alias} holds repositories that were pushed here; allowed is an alias without any");
            }
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
