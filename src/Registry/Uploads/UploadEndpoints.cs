using System.Buffers;
using Microsoft.AspNetCore.Connections;
using Registry.Access;
using Registry.Protocol;
using Registry.Storage.Blobs;
using Registry.Storage.Oci;
using Registry.Storage.Repositories;
using Registry.Storage.Uploads;

namespace Registry.Uploads;

/// <summary>Upload sessions: POST, PATCH, PUT, GET and DELETE (distribution-spec, "Pushing Blobs"), and mounts.</summary>
internal sealed class UploadEndpoints(UploadStore uploads, WholeUploadStore small, BlobStore blobs, RepositoryStore repositories)
{
    public void Map(IEndpointRouteBuilder app)
    {
        app.MapPost(RepositoryPath.Uploads, PostAsync).Require(Permission.Push);
        app.MapPatch(RepositoryPath.Upload, PatchAsync).Require(Permission.Upload);
        app.MapPut(RepositoryPath.Upload, PutAsync).Require(Permission.Upload);
        app.MapMethods(RepositoryPath.Upload, [HttpMethods.Get, HttpMethods.Head], GetAsync).Require(Permission.Upload);
        app.MapDelete(RepositoryPath.Upload, DeleteAsync).Require(Permission.Upload);
    }

    private async Task PostAsync(HttpContext http)
    {
        var name = RepositoryPath.Of(http).Name;
        var query = http.Request.Query;
        if (query.ContainsKey("mount") && await MountAsync(http, name))
        {
            return;
        }

        var whole = query.ContainsKey("digest") ? StorableDigest(query["digest"].ToString()) : default(Digest?);

        // A digest without a body announces the upload; the draft and older clients follow it with a PUT.
        var announced = http.Request.ContentLength is null or 0 && http.Request.Headers.TransferEncoding.Count == 0
            && whole is { } named && named != Digest.Of(named.Algorithm, []);
        if (whole is { } digest && !announced)
        {
            await PostWholeAsync(http, name, digest);
            return;
        }

        var id = await uploads.StartAsync(RepositoryAsker.Of(http), name, whole?.Algorithm ?? AlgorithmOf(query["digest-algorithm"]), http.RequestAborted);
        UploadHeaders.Set(http, id, 0);
        Finish(http, StatusCodes.Status202Accepted);
    }

    private async Task PostWholeAsync(HttpContext http, RepositoryName name, Digest digest)
    {
        // Before the body is taken: a stranger must not make the disk work.
        await repositories.AuthorizeAsync(RepositoryAsker.Of(http), name, http.RequestAborted);
        if (await TryWholeAsync(http, digest, content => StoreAsync(http, name, digest, content)))
        {
            Created(http, digest);
            return;
        }

        var id = await uploads.StartAsync(RepositoryAsker.Of(http), name, digest.Algorithm, http.RequestAborted);
        await using var writer = await uploads.ClaimAsync(RepositoryAsker.Of(http), name, id, http.RequestAborted)
            ?? throw new OciException(OciError.BlobUploadUnknown);
        await ReceiveAsync(http, writer, null, digest.Algorithm);
        await CloseAsync(http, writer, digest);
    }

    private async Task<bool> StoreAsync(HttpContext http, RepositoryName name, Digest digest, ReadOnlySequence<byte> content)
    {
        await small.StoreWholeAsync(RepositoryAsker.Of(http), name, digest, content);
        return true;
    }

    /// <summary>
    /// Hands a small body over at once when it is what its digest says. False when it is not small, not right or not taken: it is
    /// still unread then, and goes the way of all others.
    /// </summary>
    private static async Task<bool> TryWholeAsync(HttpContext http, Digest digest, Func<ReadOnlySequence<byte>, Task<bool>> take)
    {
        var request = http.Request;
        if (request.ContentLength is not (> 0 and <= WholeUploadStore.Limit) || request.Headers.ContentRange.Count > 0)
        {
            return false;
        }

        var body = await request.BodyReader.ReadAtLeastAsync((int)request.ContentLength, http.RequestAborted);
        var taken = false;
        try
        {
            taken = Digest.Of(digest.Algorithm, body.Buffer) == digest && await take(body.Buffer);
            return taken;
        }
        finally
        {
            // Also when it fails: a body that is still being read costs the client its connection.
            request.BodyReader.AdvanceTo(taken ? body.Buffer.End : body.Buffer.Start);
        }
    }

    /// <summary>True when the blob is mounted and answered. What cannot be mounted is uploaded, so that nobody learns why not.</summary>
    private async Task<bool> MountAsync(HttpContext http, RepositoryName name)
    {
        var query = http.Request.Query;
        if (Blobs.BlobEndpoints.DigestOf(query["mount"].ToString()) is not { } digest)
        {
            return false;
        }

        var from = default(RepositoryName?);
        if (query["from"].ToString() is { Length: > 0 } text)
        {
            if (!RepositoryName.TryParse(text, out var source))
            {
                return false;
            }

            from = source;
        }

        if (!await blobs.MountAsync(RepositoryAsker.Of(http), name, from, digest, http.RequestAborted))
        {
            return false;
        }

        Created(http, digest);
        return true;
    }

    private async Task PatchAsync(HttpContext http)
    {
        var range = ContentRange.Read(http.Request);
        await using var writer = await ClaimAsync(http);
        await ReceiveAsync(http, writer, range, null);
        await writer.PauseAsync();
        UploadHeaders.Set(http, writer.Position);
        Finish(http, StatusCodes.Status202Accepted);
    }

    private async Task PutAsync(HttpContext http)
    {
        var path = RepositoryPath.Of(http);
        var digest = StorableDigest(http.Request.Query["digest"].ToString());
        var range = ContentRange.Read(http.Request);
        if (await TryWholeAsync(http, digest, content => small.CloseWholeAsync(RepositoryAsker.Of(http), path.Name, IdOf(path), digest, content)))
        {
            Created(http, digest);
            return;
        }

        await using var writer = await uploads.ClaimAsync(RepositoryAsker.Of(http), path.Name, IdOf(path), http.RequestAborted);
        if (writer is null)
        {
            // The answer to the first close may have been lost on its way. It still holds if nobody has deleted the blob since.
            if (await uploads.ResultAsync(RepositoryAsker.Of(http), path.Name, IdOf(path), http.RequestAborted) != digest
                || await blobs.FindPromisedAsync(RepositoryAsker.Of(http), path.Name, digest, promise: true, http.RequestAborted) is null)
            {
                throw new OciException(OciError.BlobUploadUnknown, details: [path.Last]);
            }

            Created(http, digest);
            return;
        }

        if (http.Request.ContentLength is null or > 0)
        {
            await ReceiveAsync(http, writer, range, writer.Position == 0 ? digest.Algorithm : null);
        }

        await CloseAsync(http, writer, digest);
    }

    private async Task GetAsync(HttpContext http)
    {
        var path = RepositoryPath.Of(http);
        var position = await uploads.PositionAsync(RepositoryAsker.Of(http), path.Name, IdOf(path), http.RequestAborted)
            ?? throw new OciException(OciError.BlobUploadUnknown, details: [path.Last]);
        UploadHeaders.Set(http, position);
        http.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private async Task DeleteAsync(HttpContext http)
    {
        var path = RepositoryPath.Of(http);
        if (!await uploads.CancelAsync(RepositoryAsker.Of(http), path.Name, IdOf(path), http.RequestAborted))
        {
            throw new OciException(OciError.BlobUploadUnknown, details: [path.Last]);
        }

        http.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private async Task<UploadWriter> ClaimAsync(HttpContext http)
    {
        var path = RepositoryPath.Of(http);
        return await uploads.ClaimAsync(RepositoryAsker.Of(http), path.Name, IdOf(path), http.RequestAborted)
            ?? throw new OciException(OciError.BlobUploadUnknown, details: [path.Last]);
    }

    private static async Task ReceiveAsync(HttpContext http, UploadWriter writer, ContentRange? range, DigestAlgorithm? closesWith)
    {
        if (range is { } chunk && chunk.From != writer.Position)
        {
            throw new UploadConflictException(writer.Position, $"the chunk starts at {chunk.From}, the upload has {writer.Position} bytes");
        }

        var start = writer.Position;
        try
        {
            await writer.ReceiveAsync(http.Request.BodyReader, http.Request.ContentLength, closesWith, range?.Length ?? long.MaxValue, http.RequestAborted);
            if (range is { } whole && writer.Position - start != whole.Length)
            {
                throw new OciException(OciError.SizeInvalid, $"Content-Range has {whole.Length} bytes, {writer.Position - start} came");
            }
        }
        catch (OciException)
        {
            await writer.RevertAsync();
            throw;
        }
        catch (Exception e) when (e is OperationCanceledException or BadHttpRequestException or ConnectionResetException)
        {
            // The client has gone: what it has sent is kept, so that it can go on from there.
            await writer.PauseAsync();
            throw;
        }
    }

    private static async Task CloseAsync(HttpContext http, UploadWriter writer, Digest digest)
    {
        await writer.CloseAsync(digest);
        Created(http, digest);
    }

    private static void Created(HttpContext http, Digest digest)
    {
        http.Response.Headers.Location = $"/v2/{RepositoryPath.Of(http).Name}/blobs/{digest}";
        http.Response.Headers[OciHeaders.ContentDigest] = digest.Text;
        Finish(http, StatusCodes.Status201Created);
    }

    private static void Finish(HttpContext http, int status)
    {
        http.Response.StatusCode = status;
        http.Response.ContentLength = 0;
    }

    private static Guid IdOf(RepositoryPath path) => Guid.TryParseExact(path.Last, "D", out var id)
        ? id
        : throw new OciException(OciError.BlobUploadUnknown, details: [path.Last]);

    private static Digest StorableDigest(string text) => Blobs.BlobEndpoints.DigestOf(text)
        ?? throw new OciException(OciError.DigestInvalid, "content is stored under sha256 or sha512 digests", [text]);

    private static DigestAlgorithm AlgorithmOf(string? text) => text switch
    {
        null or "" or "sha256" => DigestAlgorithm.Sha256,
        "sha512" => DigestAlgorithm.Sha512,
        _ => throw new OciException(OciError.DigestInvalid, "digest-algorithm is sha256 or sha512", [text]),
    };

}
