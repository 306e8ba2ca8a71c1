using System.Collections.Concurrent;
using Registry.Storage.Oci;
using Registry.Upstreams;

namespace Registry.Mirror;

/// <summary>The blobs that are on their way in this process, each once, however many ask for it.</summary>
internal sealed partial class Fills(BlobFetch fetch, IHostApplicationLifetime lifetime, ILogger<Fills> logger)
{
    private readonly ConcurrentDictionary<(string Alias, string Digest), Fill> fills = [];

    /// <summary>The fill of a blob, begun if there is none. Nobody who waits for it can stop it.</summary>
    public Fill Open(Mirrored repository, Digest digest)
    {
        var key = (repository.Upstream.Options.Alias, digest.Text);
        while (true)
        {
            if (fills.TryGetValue(key, out var found))
            {
                return found;
            }

            var fill = new Fill();
            if (fills.TryAdd(key, fill))
            {
                _ = Task.Run(() => RunAsync(fill, repository, digest, key), CancellationToken.None);
                return fill;
            }
        }
    }

    private async Task RunAsync(Fill fill, Mirrored repository, Digest digest, (string Alias, string Digest) key)
    {
        var failure = await TryRunAsync(fill, repository, digest);
        fills.TryRemove(new(key, fill)); // first: who asks because this one has failed begins another
        if (failure is not null)
        {
            fill.Fail(failure);
        }
    }

    private async Task<UpstreamException?> TryRunAsync(Fill fill, Mirrored repository, Digest digest)
    {
        try
        {
            await fetch.RunAsync(fill, repository, digest, lifetime.ApplicationStopping);
            return null;
        }
        catch (UpstreamException e)
        {
            LogMissing(digest, repository.Name, e.Message);
            return e;
        }
#pragma warning disable CA1031 // whatever it is, everyone who waits has to know, and the next who asks tries again
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogFailure(e, digest, repository.Name);
            return new UpstreamException("the blob cannot be stored at the moment");
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Digest} of {Repository} was not fetched: {Why}")]
    private partial void LogMissing(Digest digest, RepositoryName repository, string why);

    [LoggerMessage(Level = LogLevel.Error, Message = "Fetching {Digest} of {Repository} failed")]
    private partial void LogFailure(Exception exception, Digest digest, RepositoryName repository);
}
