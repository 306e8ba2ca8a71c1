using Registry.Configuration;
using Registry.Storage.Collection;

namespace Registry.Workers;

/// <summary>Runs collection in the background: again at once while there is work, else after the interval.</summary>
internal sealed partial class CollectionWorker(Collector collector, RegistryOptions options, TimeProvider time, ILogger<CollectionWorker> logger)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.ReadOnly)
        {
            // HEAD writes no leases now, so nothing may be taken away.
            return;
        }

        using var timer = new PeriodicTimer(options.Storage.CollectionInterval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await RunAsync(stoppingToken);
        }
    }

    private async Task RunAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (await collector.RunAsync(stoppingToken))
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
