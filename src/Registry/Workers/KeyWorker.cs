using Registry.Auth.Tokens.Keys;
using Registry.Auth.Tokens.Protection;
using Registry.Auth.Tokens.Trusted;

namespace Registry.Workers;

/// <summary>
/// Every second: takes over keys that other replicas have added or removed, makes the next one when it is time, and reads the
/// keys of external token servers that are due.
/// </summary>
internal sealed partial class KeyWorker(
    SigningKeys keys, ProtectionKeys protection, TrustedIssuers trusted, TimeProvider time, ILogger<KeyWorker> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private string? failure;
    private string? renewed;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(TendOwnAsync(stoppingToken), TendTrustedAsync(stoppingToken));

    private async Task TendOwnAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await keys.TendAsync(stoppingToken);
                failure = renewed = null;
            }
            catch (UnreadableKeyException e) when (renewed != e.Message)
            {
                // Another replica may have protected it with a key that is younger than our copy of those.
                renewed = e.Message;
                protection.Renew();
            }
#pragma warning disable CA1031 // the keys that are known stay, and the next look is a second away
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                // Once, not every second.
                if (failure != e.Message)
                {
                    LogKeys(e);
                }

                failure = e.Message;
            }
        }
    }

    // On its own: a server that takes its time must not hold our keys up.
    private async Task TendTrustedAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            foreach (var exception in await trusted.TendAsync(stoppingToken))
            {
                LogTrusted(exception.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The signing keys could not be looked at; those that are known stay")]
    private partial void LogKeys(Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Problem}; those that are known stay")]
    private partial void LogTrusted(string problem);
}
