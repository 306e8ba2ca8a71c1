using Registry.Access;
using Registry.Configuration;
using Registry.Mirror;
using Registry.Protocol;
using Registry.Storage.Manifests;
using Registry.Storage.Oci;
using Registry.Storage.Repositories;

namespace Registry.Manifests;

/// <summary>GET, HEAD, PUT and DELETE of manifests (distribution-spec, "Pulling manifests", "Pushing Manifests", "Deleting").</summary>
internal sealed class ManifestEndpoints(
    ManifestStore manifests, TagStore tags, RepositoryStore repositories, MirroredManifests mirrored, RegistryOptions options)
{
    private const int MaxTags = 100;
    private const int LargeBody = 64 << 10;

    public void Map(IEndpointRouteBuilder app)
    {
        app.MapMethods(RepositoryPath.Manifest, [HttpMethods.Get, HttpMethods.Head], GetAsync).Require(Permission.Pull);
        app.MapPut(RepositoryPath.Manifest, PutAsync).Require(Permission.Push);
        app.MapDelete(RepositoryPath.Manifest, DeleteAsync).Require(Permission.Delete);
    }

    private async Task GetAsync(HttpContext http)
    {
        var path = RepositoryPath.Of(http);
        var reference = ManifestReference.Parse(path.Last);
        var manifest = await FindAsync(path.Name, reference, http);
        if (manifest is null)
        {
            await ErrorEnvelope.WriteAsync(http, OciError.ManifestUnknown, null, path.Last);
            return;
        }

        var response = http.Response;
        OciHeaders.SetDigest(response, manifest.Digest);
        OciHeaders.SetContentSafety(response, reference.IsDigest);
        if (OciHeaders.IsNotModified(http.Request, manifest.Digest))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        response.ContentType = manifest.MediaType;
        response.ContentLength = manifest.Size;
        if (manifest.Content is not null && !HttpMethods.IsHead(http.Request.Method))
        {
            await response.BodyWriter.WriteAsync(manifest.Content, http.RequestAborted);
        }
    }

    private async ValueTask<StoredManifest?> FindAsync(RepositoryName name, ManifestReference reference, HttpContext http)
    {
        var withContent = !HttpMethods.IsHead(http.Request.Method);
        if (reference.IsDigest)
        {
            return reference.IsUnsupported ? null : await FindAsync(name, reference, withContent, http);
        }

        var accept = http.Request.Headers.Accept;
        var single = accept.Count > 0 && Negotiation.WantsSingleImage(accept);
        var found = await FindAsync(name, reference, withContent || single, http);
        return single && found is not null && MediaTypes.IsIndex(found.MediaType) && Negotiation.FindImage(found.Content!, accept) is { } image
            ? await FindAsync(name, ManifestReference.Of(image), withContent, http)
            : found;
    }

    private ValueTask<StoredManifest?> FindAsync(RepositoryName name, ManifestReference reference, bool withContent, HttpContext http) =>
        Mirrored.Of(http) is { } repository ? mirrored.FindAsync(http, repository, reference, withContent)
        : reference.IsDigest ? manifests.FindAsync(RepositoryAsker.Of(http), name, reference.Digest, withContent, http.RequestAborted)
        : manifests.FindAsync(RepositoryAsker.Of(http), name, reference.Tag, withContent, http.RequestAborted);

    private async Task PutAsync(HttpContext http)
    {
        var path = RepositoryPath.Of(http);
        var reference = ManifestReference.Parse(path.Last);
        if (reference.IsUnsupported)
        {
            throw new OciException(OciError.DigestInvalid, "manifests are stored under sha256 or sha512 digests", [path.Last]);
        }

        var pushed = TagsOf(http.Request, reference);
        if (http.Request.ContentLength is null or > LargeBody)
        {
            // The statement that stores it decides; but a stranger must not make us read megabytes first.
            await repositories.AuthorizeAsync(RepositoryAsker.Of(http), path.Name, http.RequestAborted);
        }

        var content = await ManifestBody.ReadAsync(http.Request, options.MaxManifestSize, http.RequestAborted);
        var algorithm = reference.IsDigest ? reference.Digest.Algorithm : DigestAlgorithm.Sha256;
        var manifest = Manifest.Parse(content, ManifestBody.MediaTypeOf(http.Request), algorithm);
        if (reference.IsDigest && manifest.Digest != reference.Digest)
        {
            throw new OciException(OciError.DigestInvalid, $"the manifest has digest {manifest.Digest}", [path.Last]);
        }

        var condition = reference.IsDigest ? null : TagConditions.Read(http.Request);
        await manifests.PutAsync(RepositoryAsker.Of(http), path.Name, manifest, new TagChange(pushed, condition, OriginOf(http)), http.RequestAborted);

        var response = http.Response;
        response.StatusCode = StatusCodes.Status201Created;
        response.Headers.Location = $"/v2/{path.Name}/manifests/{manifest.Digest}";
        OciHeaders.SetDigest(response, manifest.Digest);
        if (manifest.Subject is { } subject)
        {
            response.Headers[OciHeaders.Subject] = subject.Text;
        }

        if (reference.IsDigest && pushed.Count > 0)
        {
            response.Headers[OciHeaders.Tag] = string.Join(", ", pushed);
        }

        response.ContentLength = 0;
    }

    /// <summary>The tag in the path, or those in the query of a push by digest (draft, end-7b).</summary>
    private static List<Tag> TagsOf(HttpRequest request, ManifestReference reference)
    {
        if (!reference.IsDigest)
        {
            return [reference.Tag];
        }

        var tags = new List<Tag>();
        foreach (var text in request.Query["tag"])
        {
            if (!Tag.TryParse(text, out var tag))
            {
                throw new OciException(OciError.TagInvalid, details: [text ?? string.Empty]);
            }

            if (!tags.Contains(tag))
            {
                tags.Add(tag);
            }
        }

        return tags.Count <= MaxTags
            ? tags
            : throw new OciException(OciError.TagInvalid with { Status = StatusCodes.Status414UriTooLong }, $"at most {MaxTags} tags can be pushed at once");
    }

    private async Task DeleteAsync(HttpContext http)
    {
        var path = RepositoryPath.Of(http);
        var reference = ManifestReference.Parse(path.Last);
        var deleted = !reference.IsUnsupported && (reference.IsDigest
            ? await manifests.DeleteAsync(RepositoryAsker.Of(http), path.Name, reference.Digest, OriginOf(http), http.RequestAborted)
            : await tags.DeleteAsync(RepositoryAsker.Of(http), path.Name, reference.Tag, OriginOf(http), http.RequestAborted));
        if (!deleted)
        {
            await ErrorEnvelope.WriteAsync(http, OciError.ManifestUnknown, null, path.Last);
            return;
        }

        http.Response.StatusCode = StatusCodes.Status202Accepted;
        http.Response.ContentLength = 0;
    }

    private static Origin OriginOf(HttpContext http) => new(RepositoryAsker.Of(http).Actor, http.Connection.RemoteIpAddress?.ToString());
}
