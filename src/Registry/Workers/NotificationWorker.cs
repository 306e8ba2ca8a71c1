using Npgsql;
using Registry.Storage.Metadata;

namespace Registry.Workers;

/// <summary>Keeps a connection on which PostgreSQL's notifications arrive. Without one everything is found later, by looking.</summary>
internal sealed partial class NotificationWorker(PostgresNotifications notifications, TimeProvider time, ILogger<NotificationWorker> logger)
    : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private bool told;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            try
            {
                await notifications.ListenAsync(() => told = false, stoppingToken);
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException)
            {
                // Once, not every five seconds.
                if (!told)
                {
                    LogNone(e.Message);
                }

                told = true;
            }

            await Task.Delay(Pause, time, stoppingToken);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "No notifications from PostgreSQL ({Reason}): what they announce is found a little later")]
    private partial void LogNone(string reason);
}
