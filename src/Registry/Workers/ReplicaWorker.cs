using Registry.Storage.Metadata;
using Registry.Storage.Replicas;

namespace Registry.Workers;

/// <summary>Shows the other replicas that this one is there, reads the time that all of them share, and leaves at the stop.</summary>
internal sealed partial class ReplicaWorker(
    Replica replica, ReplicaStore replicas, WorkLeases leases, Database database, DatabaseTime time, ILogger<ReplicaWorker> logger)
    : BackgroundService
{
    private bool failed;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await TendAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await leases.ReleaseAsync(cancellationToken);
            await replicas.RemoveAsync(replica, cancellationToken);
        }
#pragma warning disable CA1031 // without it the others find out by themselves
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogFailure(e);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(ReplicaStore.Interval);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await TendAsync(stoppingToken);
        }
    }

    private async Task TendAsync(CancellationToken cancellationToken)
    {
        try
        {
            await time.ReadAsync(database, cancellationToken);
            await replicas.BeatAsync(replica, cancellationToken);
            failed = false;
        }
#pragma warning disable CA1031 // the database may be there again at the next beat; the process must live
        catch (Exception e) when (e is not OperationCanceledException)
#pragma warning restore CA1031
        {
            // Once, not at every beat.
            if (!failed)
            {
                LogFailure(e);
            }

            failed = true;
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "This replica could not show the others that it is there; it is tried again")]
    private partial void LogFailure(Exception exception);
}
