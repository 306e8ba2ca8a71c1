using Registry.Blobs;
using Registry.Protocol;
using Registry.Storage.Blobs;
using Registry.Storage.Mirror;
using Registry.Storage.Objects;
using Registry.Storage.Oci;
using Registry.Upstreams;

namespace Registry.Mirror;

/// <summary>Answers for blobs of upstreams that are not here yet.</summary>
internal sealed class MirroredBlobs(Fills fills, BlobStore blobs, MirrorStore mirror, IObjectStore objects, BlobResponse response, IHostApplicationLifetime lifetime)
{
    // A client that asks for less waits until it is here: then an error can still be told.
    private const long WorthFollowing = 1 << 20;

    private readonly SingleFlight<(string Name, string Digest), long?> questions = new();

    /// <summary>Answers a GET or HEAD that is authorised, and for which nothing was found here.</summary>
    public async Task WriteAsync(HttpContext http, Mirrored repository, Digest digest)
    {
        try
        {
            if (HttpMethods.IsHead(http.Request.Method))
            {
                await WriteHeadAsync(http, repository, digest);
            }
            else
            {
                await WriteBodyAsync(http, repository, digest);
            }
        }
        catch (UpstreamException e) when (!http.Response.HasStarted)
        {
            // Always 404, and at once: podman waits a minute on 429, docker on 503, and all of them go elsewhere after 404.
            await ErrorEnvelope.WriteAsync(http, OciError.BlobUnknown, $"{repository.Upstream.Options.Alias}: {e.Message}", digest.Text);
        }
    }

    private async Task WriteHeadAsync(HttpContext http, Mirrored repository, Digest digest)
    {
        var size = await AskAsync(repository, digest, http.RequestAborted);
        OciHeaders.SetDigest(http.Response, digest);
        http.Response.ContentType = "application/octet-stream";
        http.Response.Headers.AcceptRanges = "bytes";
        http.Response.ContentLength = size;
    }

    private async Task WriteBodyAsync(HttpContext http, Mirrored repository, Digest digest)
    {
        if (repository.Upstream.Options.Offline)
        {
            throw new UpstreamException("the upstream is switched off, and the blob is not here");
        }

        if (!await mirror.NamesAsync(repository.Name, digest, http.RequestAborted))
        {
            // Somebody else's fill may be of a repository that the upstream does not show to everyone: it has to say that this one has it.
            await AskAsync(repository, digest, http.RequestAborted);
        }

        var fill = fills.Open(repository, digest);
        var size = await fill.Started.WaitAsync(http.RequestAborted);
        if (size is null or <= WorthFollowing)
        {
            await fill.Ended.WaitAsync(http.RequestAborted);
        }

        // By its digest alone: who asks may have it, and the fill may have been that of another repository.
        if (await blobs.FindStoredAsync(digest, http.RequestAborted) is { } blob)
        {
            await response.WriteAsync(http, digest, blob);
            return;
        }

        if (size is null)
        {
            throw new UpstreamException("the blob went as soon as it had come");
        }

        using var content = new FillContent(fill, size.Value, (from, length, cancel) => OpenStoredAsync(digest, from, length, cancel));
        await response.WriteAsync(http, digest, size.Value, content);
    }

    private Task<long?> AskAsync(Mirrored repository, Digest digest, CancellationToken cancellationToken) =>
        questions.RunAsync((repository.Name.Value, digest.Text), () => AskAsync(repository, digest), cancellationToken);

    private async Task<long?> AskAsync(Mirrored repository, Digest digest)
    {
        using var answer = await repository.Upstream.Client.SendAsync(
            new UpstreamRequest(HttpMethod.Head, repository.Remote, $"blobs/{digest}"), lifetime.ApplicationStopping);
        return answer.Outcome == UpstreamOutcome.Found ? answer.Length
            : throw new UpstreamException(answer.Why ?? "the upstream does not have the blob", answer.Outcome);
    }

    private async ValueTask<ObjectContent> OpenStoredAsync(Digest digest, long from, long length, CancellationToken cancellationToken) =>
        await blobs.FindStoredAsync(digest, cancellationToken) is { } blob
        && await objects.OpenReadAsync(blob.Object, from, length, cancellationToken) is { } content
            ? content
            : throw new IOException("the blob went as soon as it had come");
}
