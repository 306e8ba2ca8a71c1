using Registry.Storage.Metadata;
using Registry.Storage.Oci;
using Registry.Storage.Repositories;

namespace Registry.Storage.Mirror;

/// <summary>
/// The blobs that are being fetched from upstreams. Each is an upload like those of clients, so that its bytes, its running hash and
/// the claim of its one writer outlive the process; the row says which upload it is, for everyone who wants the blob.
/// </summary>
public sealed class FillStore(Database database, StorageOptions options)
{
    private const string Live = "u.result_digest is null and u.expires_at > now_ms()";

    /// <summary>The fill of a blob, for all repositories of its namespace; begun if there is none. Null when one of them has the blob.</summary>
    public Task<FillRow?> OpenAsync(Asker asker, RepositoryName name, Digest digest, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            var repositoryId = await RepositoryStore.OpenAsync(session, database.Dialect, name, asker);
            var space = await session.FirstAsync<long>("select namespace_id from repository where id = @repositoryId", new { repositoryId });
            while (!await IsStoredAsync(session, space, digest.Key))
            {
                // Locked in one statement, looked at in the next: one that has waited would still see the uploads from before.
                var known = await session.FirstAsync<byte[]>(
                    $"select upload_id from fill where namespace_id = @space and digest = @key {database.Dialect.ForUpdate}", new { space, key = digest.Key });
                if (known is not null && await FindAsync(session, space, digest.Key) is { } row)
                {
                    return row;
                }

                await BeginAsync(session, asker, space, repositoryId, digest, isNew: known is null);
            }

            await RepositoryStore.VanishAsync(session, repositoryId, database.Dialect);
            return null;
        },
        Durability.Relaxed,
        cancellationToken);

    /// <summary>Says who fetches the blob from now on, and how long the upstream says that it is.</summary>
    public Task AnnounceAsync(Guid upload, string replica, long? size, CancellationToken cancellationToken) => database.WriteAsync(
        session => session.ExecuteAsync(
            "update fill set replica_id = @replica, fence = fence + 1, size = coalesce(@size, size) where upload_id = @id",
            new { id = upload.ToByteArray(), replica, size }),
        Durability.Relaxed,
        cancellationToken);

    private static async Task<bool> IsStoredAsync(Session session, long space, byte[] digest) => await session.FirstAsync<long?>(
        """
        select 1 from blob b join repository_blob l on l.blob_id = b.id join repository r on r.id = l.repository_id
        where b.digest = @digest and r.namespace_id = @space limit 1
        """,
        new { space, digest }) is not null;

    private static async Task<FillRow?> FindAsync(Session session, long space, byte[] digest)
    {
        var row = await session.FirstAsync<Row>(
            $"""
            select f.upload_id as UploadId, n.name as Name, f.replica_id as Owner, u.object_id as ObjectId, f.size as Size
            from fill f join upload u on u.id = f.upload_id join repository_name n on n.repository_id = u.repository_id
            where f.namespace_id = @space and f.digest = @digest and {Live}
            """,
            new { space, digest });
        return row?.Fill;
    }

    // Somebody else may begin it at this moment, and then this one comes to nothing.
    private async Task BeginAsync(Session session, Asker asker, long space, long repositoryId, Digest digest, bool isNew)
    {
        var id = Guid.NewGuid().ToByteArray();
        await session.ExecuteAsync(
            """
            insert into upload (id, repository_id, algorithm, expires_at, created_at, subject_id)
            values (@id, @repositoryId, @algorithm, now_ms() + @expiry, now_ms(), @Subject)
            """,
            new { id, repositoryId, algorithm = (long)digest.Algorithm, expiry = (long)options.UploadExpiry.TotalMilliseconds, asker.Subject });
        var begun = await session.ExecuteAsync(
            isNew
                ? "insert into fill (namespace_id, digest, upload_id) values (@space, @key, @id) on conflict (namespace_id, digest) do nothing"
                : "update fill set upload_id = @id, replica_id = null, size = null where namespace_id = @space and digest = @key",
            new { space, key = digest.Key, id });
        if (begun == 0)
        {
            await session.ExecuteAsync("delete from upload where id = @id", new { id });
        }
    }

    private sealed record Row(byte[] UploadId, string Name, string? Owner, byte[]? ObjectId, long? Size)
    {
        public FillRow Fill => new(
            new Guid(UploadId), MirrorStore.NameOf(Name), Owner, ObjectId is null ? null : Objects.ObjectId.FromKey(ObjectId), Size);
    }
}
