using Microsoft.Extensions.Caching.Memory;
using Registry.Access;
using Registry.Manifests;
using Registry.Storage.Manifests;
using Registry.Storage.Mirror;
using Registry.Storage.Oci;
using Registry.Upstreams;

namespace Registry.Mirror;

/// <summary>
/// Finds manifests of upstreams: here, as long as what is here is fresh; upstream, when it is not; and here again, when the upstream
/// does not answer.
/// </summary>
internal sealed class MirroredManifests(ManifestStore manifests, MirrorStore mirror, ManifestFetch fetch, Fills fills, PullLog pulls, TimeProvider time) : IDisposable
{
    // What an upstream does not have is not asked for again at once.
    private static readonly TimeSpan Forgetting = TimeSpan.FromSeconds(15);

    // For so long after a tag has got old somebody who asks gets it all the same, while it is looked at for the next one.
    private static readonly TimeSpan Revalidation = TimeSpan.FromMinutes(1);

    private readonly MemoryCache missing = new(new MemoryCacheOptions { SizeLimit = 10_000 });

    /// <summary>The manifest, or null; <paramref name="http"/> gets a warning where it may be stale.</summary>
    /// <exception cref="OciException">The asker may not have it, or MANIFEST_UNKNOWN with the reason why it is not here.</exception>
    public async ValueTask<StoredManifest?> FindAsync(HttpContext http, Mirrored repository, ManifestReference reference, bool withContent)
    {
        var found = await FindNowAsync(http, repository, reference, withContent);
        if (found is not null)
        {
            pulls.Note(repository.Name, found.Digest);
        }

        return found;
    }

    private async ValueTask<StoredManifest?> FindNowAsync(HttpContext http, Mirrored repository, ManifestReference reference, bool withContent)
    {
        var local = await FindLocalAsync(http, repository, reference, withContent);
        if (reference.IsDigest)
        {
            return local ?? await AskAsync(
                http, repository, reference, withContent, () => fetch.FetchAsync(repository, reference.Digest, http.RequestAborted));
        }

        if (local is null)
        {
            return await AskAsync(http, repository, reference, withContent, () => RefreshAsync(http, repository, reference.Tag, null));
        }

        var options = repository.Upstream.Options;
        var age = time.GetUtcNow().ToUnixTimeMilliseconds() - (local.CheckedAt ?? 0);
        var fresh = options.FreshnessOf(reference.Tag.Value);
        if (!options.Offline && age < fresh.TotalMilliseconds)
        {
            return local;
        }

        if (!options.Offline && age < (fresh + Revalidation).TotalMilliseconds)
        {
            _ = RefreshAsync(http, repository, reference.Tag, local.Digest);
            return local;
        }

        var result = options.Offline ? Off : await RefreshAsync(http, repository, reference.Tag, local.Digest);
        return result.Outcome == UpstreamOutcome.Found ? await FindLocalAsync(http, repository, reference, withContent)
            : result.Outcome == UpstreamOutcome.Missing ? null
            : await FindStaleAsync(http, repository, local, result);
    }

    private static FetchResult Off => new(UpstreamOutcome.Unavailable, "the upstream is switched off");

    private Task<FetchResult> RefreshAsync(HttpContext http, Mirrored repository, Tag tag, Digest? known) =>
        fetch.RefreshAsync(repository, tag, known, known is null ? http.RequestAborted : CancellationToken.None);

    private async ValueTask<StoredManifest?> AskAsync(
        HttpContext http, Mirrored repository, ManifestReference reference, bool withContent, Func<Task<FetchResult>> ask)
    {
        var key = (repository.Name.Value, reference.Text);
        var result = repository.Upstream.Options.Offline ? Off : missing.Get<FetchResult>(key) ?? await ask();
        switch (result.Outcome)
        {
            case UpstreamOutcome.Found:
                var found = await FindLocalAsync(http, repository, reference, withContent);
                Prefetch(repository, found);
                return found;
            case UpstreamOutcome.Missing:
                missing.Set(key, result, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = Forgetting });
                return null;
            default:
                throw new OciException(OciError.ManifestUnknown, $"{repository.Upstream.Options.Alias}: {result.Why}", [reference.Text]);
        }
    }

    // Whoever asks for an image by its manifest has chosen the platform, and wants its layers next.
    private void Prefetch(Mirrored repository, StoredManifest? manifest)
    {
        if (repository.Upstream.Options.Prefetch && manifest is { Content: { } content } && MediaTypes.IsImage(manifest.MediaType))
        {
            foreach (var digest in ManifestDescriptors.Blobs(content))
            {
                fills.Open(repository, digest);
            }
        }
    }

    /// <summary>
    /// What is here although it may be stale, if somebody can run it: podman and skopeo go nowhere else once they have the manifest of a
    /// tag, so without one complete image they get none.
    /// </summary>
    private async ValueTask<StoredManifest> FindStaleAsync(HttpContext http, Mirrored repository, StoredManifest local, FetchResult result)
    {
        var alias = repository.Upstream.Options.Alias;
        if (!await IsCompleteAsync(repository, local, http.RequestAborted))
        {
            throw new OciException(OciError.ManifestUnknown, $"{alias}: {result.Why}, and no image of the tag is here with all its layers");
        }

        http.Response.Headers.Warning = $"299 - \"{alias} could not be asked whether this is still current: {Quoted(result.Why)}\"";
        return local;
    }

    private async Task<bool> IsCompleteAsync(Mirrored repository, StoredManifest local, CancellationToken cancellationToken)
    {
        if (!MediaTypes.IsIndex(local.MediaType))
        {
            return await mirror.HasCompleteAsync(repository.Name, [local.Digest], cancellationToken);
        }

        var index = local.Content is null
            ? await manifests.FindAsync(MirrorAsker.Instance, repository.Name, local.Digest, withContent: true, cancellationToken)
            : local;
        var images = ManifestDescriptors.Images(index?.Content ?? "{}"u8.ToArray());
        return images.Count == 0 || await mirror.HasCompleteAsync(repository.Name, [.. images.Select(image => image.Digest)], cancellationToken);
    }

    private async ValueTask<StoredManifest?> FindLocalAsync(HttpContext http, Mirrored repository, ManifestReference reference, bool withContent)
    {
        try
        {
            var asker = RepositoryAsker.Of(http);
            return reference.IsDigest
                ? await manifests.FindAsync(asker, repository.Name, reference.Digest, withContent, http.RequestAborted)
                : await manifests.FindAsync(asker, repository.Name, reference.Tag, withContent, http.RequestAborted);
        }
        catch (OciException e) when (e.Error == OciError.NameUnknown)
        {
            return null; // it appears with the first that is pulled from it
        }
    }

    // RFC 9110, 5.6.4; header values are ASCII here.
    private static string Quoted(string? text) =>
        string.Concat((text ?? string.Empty).Where(c => c is >= ' ' and <= '~' and not ('"' or '\\')).Take(200));

    public void Dispose() => missing.Dispose();
}
