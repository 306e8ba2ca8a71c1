using Registry.Auth.Identities;

namespace Registry.Workers;

/// <summary>Writes once a minute, and at the stop, when credentials were last used.</summary>
internal sealed partial class LastUseWorker(LastUse lastUse, TimeProvider time, ILogger<LastUseWorker> logger) : BackgroundService
{
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await WriteAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(LastUse.Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await WriteAsync(stoppingToken);
        }
    }

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        try
        {
            await lastUse.WriteAsync(cancellationToken);
        }
#pragma warning disable CA1031 // what was noted stays noted until it can be written
        catch (Exception e) when (e is not OperationCanceledException)
#pragma warning restore CA1031
        {
            LogFailure(e);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The last use of credentials could not be written; it is tried again")]
    private partial void LogFailure(Exception exception);
}
