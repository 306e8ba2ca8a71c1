using Registry.Auth.Audit;
using Registry.Configuration;
using Registry.Storage.Replicas;

namespace Registry.Workers;

/// <summary>
/// Stores the audit events that happen outside of transactions on this replica; one replica at a time removes records that are too old.
/// </summary>
internal sealed partial class AuditWorker(
    AuditLog log, AuditStore store, WorkLeases leases, RegistryOptions options, TimeProvider time, ILogger<AuditWorker> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    // Stops after the HTTP server, which starts last: nothing more comes in, and what has is stored.
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(log.RunAsync(LogFailure, stoppingToken), options.ReadOnly ? Task.CompletedTask : ClearAsync(stoppingToken));

    private async Task ClearAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            try
            {
                while (await leases.TakeAsync(WorkLeases.Audit, stoppingToken) && await store.RemoveAsync(options.AuditRetention, stoppingToken) > 0)
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
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Audit records could not be stored or removed; it is tried again")]
    private partial void LogFailure(Exception exception);
}
