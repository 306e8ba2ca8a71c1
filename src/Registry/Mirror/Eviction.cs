using Registry.Storage.Manifests;
using Registry.Storage.Mirror;
using Registry.Storage.Replicas;

namespace Registry.Mirror;

/// <summary>Keeps each upstream within its size: what nobody has pulled for longest goes until nine tenths of it are left.</summary>
internal sealed partial class Eviction(
    UpstreamTable upstreams, EvictionStore store, ManifestStore manifests, PullLog pulls, WorkLeases leases, ILogger<Eviction> logger) : BackgroundService
{
    private const int Batch = 20;
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);
    private static readonly Origin Origin = new("mirror", null);

    /// <summary>Brings all upstreams within their sizes.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await pulls.FlushAsync(cancellationToken);
        foreach (var upstream in upstreams.All)
        {
            if (upstream.Options is { MaxSize: { } cap, Alias: var alias })
            {
                await RunAsync(alias, cap, cancellationToken);
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                if (await leases.TakeAsync(WorkLeases.Eviction, stoppingToken))
                {
                    await RunAsync(stoppingToken);
                }
            }
#pragma warning disable CA1031 // whatever went wrong now may be right at the next interval; the process must live
            catch (Exception e) when (e is not OperationCanceledException)
#pragma warning restore CA1031
            {
                LogFailure(e);
            }
        }
    }

    private async Task RunAsync(string alias, long cap, CancellationToken cancellationToken)
    {
        var size = await store.SizeAsync(alias, cancellationToken);
        if (size <= cap)
        {
            return;
        }

        // A blob that two of a batch share counts for neither: so each batch begins with the size as it is.
        while (size > cap - (cap / 10) && await store.OldestAsync(alias, Batch, cancellationToken) is { Count: > 0 } oldest)
        {
            foreach (var victim in oldest)
            {
                await manifests.DeleteAsync(MirrorAsker.Instance, victim.Name, victim.Digest, Origin, cancellationToken);
                LogEvicted(victim.Digest, victim.Name, victim.Freed);
                size -= victim.Freed;
                if (size <= cap - (cap / 10))
                {
                    return;
                }
            }

            size = await store.SizeAsync(alias, cancellationToken);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Digest} of {Repository} was evicted, which frees {Bytes} bytes")]
    private partial void LogEvicted(Storage.Oci.Digest digest, Storage.Oci.RepositoryName repository, long bytes);

    [LoggerMessage(Level = LogLevel.Error, Message = "Eviction failed; it goes on after the interval")]
    private partial void LogFailure(Exception exception);
}
