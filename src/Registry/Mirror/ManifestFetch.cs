using Registry.Configuration;
using Registry.Storage.Manifests;
using Registry.Storage.Mirror;
using Registry.Storage.Oci;
using Registry.Upstreams;

namespace Registry.Mirror;

/// <summary>Asks upstreams for manifests, and stores them byte for byte. What they name comes when it is asked for.</summary>
internal sealed class ManifestFetch(
    ManifestStore manifests, TagStore tags, MirrorStore mirror, RegistryOptions options, IHostApplicationLifetime lifetime)
{
    private static readonly Origin Origin = new("mirror", null);
    private readonly SingleFlight<(string Name, string Reference), FetchResult> flights = new();

    /// <summary>Has a manifest stored that is asked for by its digest.</summary>
    public Task<FetchResult> FetchAsync(Mirrored repository, Digest digest, CancellationToken cancellationToken) => flights.RunAsync(
        (repository.Name.Value, digest.Text), () => GuardAsync(() => FetchAsync(repository, digest, [])), cancellationToken);

    /// <summary>Has a tag point to what it points to upstream.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="tag">The tag.</param>
    /// <param name="known">What it points to here, or null.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<FetchResult> RefreshAsync(Mirrored repository, Tag tag, Digest? known, CancellationToken cancellationToken) => flights.RunAsync(
        (repository.Name.Value, tag.Value), () => GuardAsync(() => RefreshAsync(repository, tag, known)), cancellationToken);

    private async Task<FetchResult> RefreshAsync(Mirrored repository, Tag tag, Digest? known)
    {
        // A HEAD counts for no upstream's limit.
        using var head = await repository.Upstream.Client.SendAsync(
            new UpstreamRequest(HttpMethod.Head, repository.Remote, $"manifests/{tag}"), lifetime.ApplicationStopping);
        switch (head.Outcome)
        {
            case UpstreamOutcome.Found when head.Digest is { } digest:
                return digest == known ? await TouchAsync(repository, tag)
                    : await FindAsync(repository, digest) is { } here ? await StoreAsync(repository, here, [tag])
                    : await FetchAsync(repository, digest, [tag]);
            case UpstreamOutcome.Found:
                return await FetchTagAsync(repository, tag, known);
            case UpstreamOutcome.Missing:
                if (known is not null)
                {
                    await tags.DeleteAsync(MirrorAsker.Instance, repository.Name, tag, Origin, CancellationToken.None);
                }

                return FetchResult.Of(head);
            default:
                return FetchResult.Of(head);
        }
    }

    private async Task<FetchResult> TouchAsync(Mirrored repository, Tag tag)
    {
        await mirror.TouchAsync(repository.Name, tag, CancellationToken.None);
        return FetchResult.Done;
    }

    private async Task<Manifest?> FindAsync(Mirrored repository, Digest digest)
    {
        try
        {
            var found = await manifests.FindAsync(MirrorAsker.Instance, repository.Name, digest, withContent: true, CancellationToken.None);
            return found is null ? null : Manifest.Parse(found.Content!, found.MediaType, digest.Algorithm);
        }
        catch (OciException e) when (e.Error == OciError.NameUnknown)
        {
            return null;
        }
    }

    private Task<FetchResult> FetchAsync(Mirrored repository, Digest digest, IReadOnlyList<Tag> moved) =>
        GetAsync(repository, new UpstreamRequest(HttpMethod.Get, repository.Remote, $"manifests/{digest}"), digest, moved);

    // From upstreams that do not tell the digest of what a tag points to.
    private async Task<FetchResult> FetchTagAsync(Mirrored repository, Tag tag, Digest? known)
    {
        var result = await GetAsync(
            repository,
            new UpstreamRequest(HttpMethod.Get, repository.Remote, $"manifests/{tag}") { IfNoneMatch = known is { } digest ? $"\"{digest}\"" : null },
            null,
            [tag]);
        return result.Outcome == UpstreamOutcome.NotModified ? await TouchAsync(repository, tag) : result;
    }

    private async Task<FetchResult> GetAsync(Mirrored repository, UpstreamRequest request, Digest? expected, IReadOnlyList<Tag> moved)
    {
        repository.Upstream.Use.CountManifest(repository.Remote);
        using var answer = await repository.Upstream.Client.SendAsync(request, lifetime.ApplicationStopping);
        if (answer.Outcome != UpstreamOutcome.Found)
        {
            return FetchResult.Of(answer);
        }

        if (await BoundedBody.ReadAsync(answer, options.MaxManifestSize, lifetime.ApplicationStopping) is not { } content)
        {
            return new FetchResult(UpstreamOutcome.Unavailable, $"the upstream's manifest has more than {options.MaxManifestSize} bytes");
        }

        // Only what its digest names is stored (S54). One that is not told is not needed: it is the content's own.
        var algorithm = (expected ?? answer.Digest)?.Algorithm ?? DigestAlgorithm.Sha256;
        var actual = Digest.Of(algorithm, content);
        if ((expected ?? answer.Digest) is { } digest && digest != actual)
        {
            return new FetchResult(UpstreamOutcome.Unavailable, $"the upstream's manifest has digest {actual}, not {digest}");
        }

        var type = answer.MediaType is { } told && MediaTypes.IsManifest(told) ? told : null;
        return await StoreAsync(repository, Manifest.Parse(content, type, algorithm), moved);
    }

    private async Task<FetchResult> StoreAsync(Mirrored repository, Manifest manifest, IReadOnlyList<Tag> moved)
    {
        await manifests.PutAsync(
            MirrorAsker.Instance, repository.Name, manifest, new TagChange(moved, null, Origin, Mirrored: true), CancellationToken.None);
        return FetchResult.Done;
    }

    private static async Task<FetchResult> GuardAsync(Func<Task<FetchResult>> work)
    {
        try
        {
            return await work();
        }
        catch (OciException e)
        {
            return new FetchResult(UpstreamOutcome.Unavailable, $"the upstream's manifest cannot be stored: {e.Message}");
        }
        catch (IOException)
        {
            return new FetchResult(UpstreamOutcome.Unavailable, "the upstream broke off");
        }
    }
}

/// <summary>What came of asking an upstream for a manifest.</summary>
/// <param name="Outcome">Found: what was asked for is stored.</param>
/// <param name="Why">One sentence where it is not.</param>
internal sealed record FetchResult(UpstreamOutcome Outcome, string? Why)
{
    public static readonly FetchResult Done = new(UpstreamOutcome.Found, null);

    public static FetchResult Of(UpstreamAnswer answer) => new(answer.Outcome, answer.Why);
}
