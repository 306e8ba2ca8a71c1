using Registry.Configuration;
using Registry.Storage.Collection;
using Registry.Storage.Metadata;
using Registry.Storage.Replicas;

namespace Registry.Workers;

/// <summary>
/// Runs collection in the background, on one replica at a time: again at once while there is work, else when it is woken or after the
/// interval.
/// </summary>
internal sealed partial class CollectionWorker(
    Collector collector, WorkLeases leases, Wakeups wakeups, RegistryOptions options, ILogger<CollectionWorker> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.ReadOnly)
        {
            // HEAD writes no leases now, so nothing may be taken away.
            return;
        }

        while (true)
        {
            await wakeups.Collection.WaitAsync(options.Storage.CollectionInterval, stoppingToken);
            await RunAsync(stoppingToken);
        }
    }

    private async Task RunAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (await leases.TakeAsync(WorkLeases.Collection, stoppingToken) && await collector.RunAsync(stoppingToken))
            {
                stoppingToken.ThrowIfCancellationRequested();
            }
        }
#pragma warning disable CA1031 // whatever went wrong now may be right at the next interval; the process must live
        catch (Exception e) when (e is not OperationCanceledException)
#pragma warning restore CA1031
        {
            LogFailure(e);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Collection failed; it goes on after the interval")]
    private partial void LogFailure(Exception exception);
}
