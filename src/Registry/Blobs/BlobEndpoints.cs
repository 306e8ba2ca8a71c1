using Registry.Access;
using Registry.Configuration;
using Registry.Mirror;
using Registry.Protocol;
using Registry.Storage.Blobs;
using Registry.Storage.Oci;

namespace Registry.Blobs;

/// <summary>GET, HEAD and DELETE of blobs (distribution-spec, "Pulling blobs", "Deleting Blobs").</summary>
internal sealed class BlobEndpoints(BlobStore blobs, MirroredBlobs mirrored, BlobResponse response, RegistryOptions options)
{
    public void Map(IEndpointRouteBuilder app)
    {
        app.MapMethods(RepositoryPath.Blob, [HttpMethods.Get, HttpMethods.Head], GetAsync).Require(Permission.Pull);
        app.MapDelete(RepositoryPath.Blob, DeleteAsync).Require(Permission.Delete);
    }

    /// <summary>The digest at the end of the path; null when it is well formed but nothing can be stored under it.</summary>
    /// <exception cref="OciException">DIGEST_INVALID.</exception>
    public static Digest? DigestOf(string text) => Digest.TryParse(text, out var digest) switch
    {
        DigestSyntax.Valid => digest,
        DigestSyntax.Unsupported => null,
        _ => throw new OciException(OciError.DigestInvalid, "a digest is sha256: and 64, or sha512: and 128 lower-case hex digits", [text]),
    };

    private async Task GetAsync(HttpContext http)
    {
        var path = RepositoryPath.Of(http);
        if (DigestOf(path.Last) is not { } digest)
        {
            await ErrorEnvelope.WriteAsync(http, OciError.BlobUnknown, null, path.Last);
            return;
        }

        if (await FindAsync(http, path.Name, digest) is not { } blob)
        {
            await (Mirrored.Of(http) is { } repository
                ? mirrored.WriteAsync(http, repository, digest)
                : ErrorEnvelope.WriteAsync(http, OciError.BlobUnknown, null, path.Last));
            return;
        }

        if (OciHeaders.IsNotModified(http.Request, digest))
        {
            OciHeaders.SetDigest(http.Response, digest);
            http.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        await response.WriteAsync(http, digest, blob);
    }

    // A push asks with HEAD what it may leave out, and relies on the answer; a pull does not.
    private ValueTask<Blob?> FindAsync(HttpContext http, RepositoryName name, Digest digest) => HttpMethods.IsHead(http.Request.Method)
        ? blobs.FindPromisedAsync(RepositoryAsker.Of(http), name, digest, promise: !options.ReadOnly, http.RequestAborted)
        : blobs.FindAsync(RepositoryAsker.Of(http), name, digest, http.RequestAborted);

    private async Task DeleteAsync(HttpContext http)
    {
        var path = RepositoryPath.Of(http);
        if (DigestOf(path.Last) is not { } digest || !await blobs.DeleteAsync(RepositoryAsker.Of(http), path.Name, digest, http.RequestAborted))
        {
            await ErrorEnvelope.WriteAsync(http, OciError.BlobUnknown, null, path.Last);
            return;
        }

        http.Response.StatusCode = StatusCodes.Status202Accepted;
        http.Response.ContentLength = 0;
    }
}
