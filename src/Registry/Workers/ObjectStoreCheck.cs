using Registry.Configuration;
using Registry.Storage.Objects;

namespace Registry.Workers;

/// <summary>Asks the object store before anybody is served: a wrong key or bucket should stop the start, not the first push.</summary>
internal sealed class ObjectStoreCheck(IObjectStore objects) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await objects.CheckAsync(cancellationToken);
        }
        catch (IOException e)
        {
            throw new ConfigurationException(e.Message);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
