using System.Collections.Concurrent;
using Registry.Storage.Mirror;
using Registry.Storage.Oci;

namespace Registry.Mirror;

/// <summary>Remembers which manifests of upstreams were pulled, and writes it down now and then, all at once.</summary>
internal sealed partial class PullLog(PullStore pulls, TimeProvider time, ILogger<PullLog> logger) : BackgroundService
{
    // More than are pulled in a minute; what does not fit is only forgotten.
    private const int Most = 100_000;
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private ConcurrentDictionary<(string Name, string Digest), Pull> pulled = [];

    /// <summary>A manifest was pulled.</summary>
    public void Note(RepositoryName name, Digest digest)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var current = pulled;
        if (current.Count < Most || current.ContainsKey((name.Value, digest.Text)))
        {
            current[(name.Value, digest.Text)] = new Pull(name.Value, digest, now);
        }
    }

    /// <summary>Writes down what was pulled since the last time.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        var written = Interlocked.Exchange(ref pulled, []);
        if (!written.IsEmpty)
        {
            await pulls.RecordAsync([.. written.Values], cancellationToken);
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await TryFlushAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await TryFlushAsync(stoppingToken);
        }
    }

    private async Task TryFlushAsync(CancellationToken cancellationToken)
    {
        try
        {
            await FlushAsync(cancellationToken);
        }
#pragma warning disable CA1031 // a minute of it is lost, and nothing else
        catch (Exception e) when (e is not OperationCanceledException)
#pragma warning restore CA1031
        {
            LogFailure(e);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "What was pulled in the last minute could not be written down")]
    private partial void LogFailure(Exception exception);
}
