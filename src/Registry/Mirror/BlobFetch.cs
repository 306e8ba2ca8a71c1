using System.IO.Pipelines;
using Registry.Storage.Mirror;
using Registry.Storage.Objects;
using Registry.Storage.Oci;
using Registry.Storage.Replicas;
using Registry.Storage.Uploads;
using Registry.Upstreams;

namespace Registry.Mirror;

/// <summary>
/// Fetches one blob, into an upload as a client's push would be: what has come is safe from time to time, and whoever goes on with it,
/// after a cut, a restart or the death of another replica, asks the upstream for the rest only (D24).
/// </summary>
internal sealed class BlobFetch(
    FillStore fills, MirrorStore mirror, UploadStore uploads, GrowingObjects growing, FillRelay relay, Replica replica)
{
    // What is read from the upstream at once.
    private const int Step = 128 << 10;

    // No layer is larger; only for what no manifest and no header tells the size of.
    private const long Largest = 1L << 40;

    // How often another replica's fill is looked at.
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private static readonly StreamPipeReaderOptions Reading = new(bufferSize: Step, minimumReadSize: Step / 2);

    /// <summary>Runs until the blob is stored, or cannot be had.</summary>
    /// <exception cref="UpstreamException">It cannot be had.</exception>
    public async Task RunAsync(Fill fill, Mirrored repository, Digest digest, CancellationToken stop)
    {
        var size = await mirror.FindSizeAsync(repository.Name, digest, stop);
        while (await fills.OpenAsync(MirrorAsker.Instance, repository.Name, digest, stop) is { } row
            && !await TryFetchAsync(fill, row, repository, digest, size, stop))
        {
            await relay.RunAsync(fill, row, stop);
            await Task.Delay(Interval, stop);
        }

        await mirror.LinkAsync(repository.Name, digest, stop);
        fill.Complete();
    }

    /// <summary>False when somebody else is fetching it, or has just done so.</summary>
    private async Task<bool> TryFetchAsync(Fill fill, FillRow row, Mirrored repository, Digest digest, long? size, CancellationToken stop)
    {
        try
        {
            await using var writer = await uploads.ClaimAsync(MirrorAsker.Instance, row.Repository, row.Upload, stop);
            if (writer is null)
            {
                return false;
            }

            await FetchAsync(fill, writer, row.Upload, repository, digest, size, stop);
            return true;
        }
        catch (UploadConflictException)
        {
            return false;
        }
        catch (UpstreamException e) when (e.Outcome == UpstreamOutcome.Missing)
        {
            await uploads.CancelAsync(MirrorAsker.Instance, row.Repository, row.Upload, CancellationToken.None);
            throw;
        }
    }

    private async Task FetchAsync(
        Fill fill, UploadWriter writer, Guid upload, Mirrored repository, Digest digest, long? size, CancellationToken stop)
    {
        if (size is null || writer.Position < size)
        {
            repository.Upstream.Use.CountBlob(repository.Remote);
            await using var body = await ResumingBody.OpenAsync(repository, digest, writer.Position, size, stop);
            size ??= body.Total;
            await fills.AnnounceAsync(upload, replica.Id, size, stop);
            await ReceiveAsync(fill, writer, body, digest, size, stop);
        }

        try
        {
            await writer.CloseAsync(digest);
        }
        catch (OciException e) when (e.Error == OciError.DigestInvalid)
        {
            throw new UpstreamException($"the upstream's content is not that of its digest: {e.Message}");
        }
    }

    private async Task ReceiveAsync(Fill fill, UploadWriter writer, ResumingBody body, Digest digest, long? size, CancellationToken stop)
    {
        var key = writer.Object.ToString();
        writer.IsFollowed = true;
        writer.Begun = () => fill.Begin(size, () => growing.Follow(key)); // earlier, nobody could follow it who asks at this moment
        var limit = (size ?? Largest) - writer.Position;
        var reader = PipeReader.Create(body, Reading);
        try
        {
            await writer.ReceiveAsync(reader, size is null ? null : limit, writer.Position == 0 ? digest.Algorithm : null, limit, stop);
        }
        catch (Exception e) when (e is UpstreamException or IOException or OperationCanceledException || (e as OciException)?.Error == OciError.SizeInvalid)
        {
            // What has come stays: the next who asks goes on from there, and who follows it does not see it shrink.
            await writer.PauseAsync();
            throw e switch
            {
                UpstreamException known => known,
                OciException => new UpstreamException("the upstream has more bytes than the blob", UpstreamOutcome.Missing),
                _ => new UpstreamException($"the upstream broke off after {writer.Position} bytes", UpstreamOutcome.Unavailable),
            };
        }
        finally
        {
            await reader.CompleteAsync();
        }
    }
}
