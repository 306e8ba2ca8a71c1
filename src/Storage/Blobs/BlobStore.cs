using System.Data;
using System.Data.Common;
using Registry.Storage.Metadata;
using Registry.Storage.Objects;
using Registry.Storage.Oci;
using Registry.Storage.Repositories;

namespace Registry.Storage.Blobs;

/// <summary>The blobs of repositories. A blob is visible in a repository only through its link there.</summary>
public sealed class BlobStore(Database database, StorageOptions options)
{
    // One row always. The blob is there for the repository where the link is, which is looked for whether anybody has the blob or not (S22).
    private const string Linked =
        $"""
        {RepositoryFacts.From}
        left join blob b on b.digest = @digest
        left join repository_blob l on l.repository_id = {RepositoryFacts.Readable} and l.blob_id = coalesce(b.id, 0)
        """;

    private const string Find = $"select {RepositoryFacts.Columns}, l.blob_id, b.object_id, b.size {Linked}";

    // Promised: the lease is still long, or a manifest that can be seen names the blob.
    private const string FindPromised =
        $"""
        select {RepositoryFacts.Columns}, l.blob_id, b.object_id, b.size,
          case when l.lease_until >= now_ms() + @enough then 1
               when exists (select 1 from manifest_edge e join manifest m on m.id = e.manifest_id
                            where e.blob_id = l.blob_id and e.repository_id = l.repository_id and m.deleted_at is null) then 1
               else 0 end
        {Linked}
        """;

    private long Lease => (long)options.Lease.TotalMilliseconds;

    /// <summary>The blob as the repository shows it, or null. No promise is made.</summary>
    public async ValueTask<Blob?> FindAsync(Asker asker, RepositoryName name, Digest digest, CancellationToken cancellationToken)
    {
        await using var session = await database.ReadAsync(cancellationToken);
        var reads = asker.ExpectsToPull(name);
        var command = session.Prepare(
            Find, ("name", name.Value), ("digest", digest.Key), ("credential", asker.Credential), ("reads", reads ? 1L : 0L));
        return (await FindAsync(asker, name, session, command, reads, cancellationToken))?.Blob;
    }

    /// <summary>The blob of a digest, whichever repository it is in, for whoever has a right to its bytes already; null when there is none.</summary>
    public async Task<Blob?> FindStoredAsync(Digest digest, CancellationToken cancellationToken)
    {
        await using var session = await database.ReadAsync(cancellationToken);
        var row = await session.FirstAsync<StoredRow>("select object_id as ObjectId, size as Size from blob where digest = @key", new { key = digest.Key });
        return row is null ? null : new Blob(ObjectId.FromKey(row.ObjectId), row.Size);
    }

    /// <summary>
    /// The blob, or null, for a client that will rely on it: unless a manifest names the blob already, it stays for a lease.
    /// Writes only when less than half of the lease is left.
    /// </summary>
    /// <param name="asker">Who asks.</param>
    /// <param name="name">The repository.</param>
    /// <param name="digest">The blob.</param>
    /// <param name="promise">False where nothing may be written.</param>
    /// <param name="cancellationToken">Fires when the client has gone.</param>
    public async ValueTask<Blob?> FindPromisedAsync(
        Asker asker, RepositoryName name, Digest digest, bool promise, CancellationToken cancellationToken)
    {
        FoundBlob? found;
        await using (var session = await database.ReadAsync(cancellationToken))
        {
            var reads = asker.ExpectsToPull(name);
            var command = session.Prepare(
                FindPromised,
                ("name", name.Value),
                ("digest", digest.Key),
                ("enough", Lease / 2),
                ("credential", asker.Credential),
                ("reads", reads ? 1L : 0L));
            found = await FindAsync(asker, name, session, command, reads, cancellationToken);
        }

        return found is null ? null
            : !promise || Lease == 0 || found.IsPromised || await ExtendAsync(found.RepositoryId, found.Id, cancellationToken) ? found.Blob
            : null;
    }

    /// <summary>
    /// Shows a blob of another repository here as well (distribution-spec, "Mounting a blob from another repository").
    /// False when it is not there, or the source does not show it.
    /// </summary>
    /// <param name="asker">Who asks; the source must be one that it may pull.</param>
    /// <param name="name">The repository to mount into; made if need be.</param>
    /// <param name="from">The source, or null for any repository that is readable for the asker.</param>
    /// <param name="digest">The blob.</param>
    /// <param name="cancellationToken">Fires when the client has gone.</param>
    public Task<bool> MountAsync(
        Asker asker, RepositoryName name, RepositoryName? from, Digest digest, CancellationToken cancellationToken)
    {
        var key = digest.Key;
        return database.WriteAsync(
            async session =>
            {
                var facts = await RepositoryFacts.HoldAsync(session, database.Dialect, name, asker);
                await asker.AuthorizeAsync(session, name, facts);

                // The blob's row is locked before anything is asked about it, as everywhere: from here on collection waits.
                var blobId = await session.FirstAsync<long?>(
                    $"select id from blob where digest = @key {database.Dialect.ForKeyShare}", new { key });

                // Looked for also where there is no such blob: how long it takes must not tell what others have (S22).
                if (!await VisibleAsync(session, asker, blobId ?? 0, from) || blobId is null)
                {
                    return false;
                }

                var repositoryId = facts.Id ?? await RepositoryStore.CreateAsync(session, database.Dialect, name);
                await LinkAsync(session, repositoryId, blobId.Value, key, options);
                return true;
            },
            cancellationToken);
    }

    /// <summary>Takes a blob out of a repository. False when it is not there.</summary>
    /// <exception cref="OciException">UNSUPPORTED: a manifest of the repository names it.</exception>
    public Task<bool> DeleteAsync(Asker asker, RepositoryName name, Digest digest, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            await asker.AuthorizeAsync(session, name, await RepositoryFacts.FindAsync(session, name, asker));
            var row = await session.FirstAsync<LinkRow>(
                $"""
                select l.repository_id as RepositoryId, b.id as BlobId from repository_name n
                join blob b on b.digest = @digest
                join repository_blob l on l.repository_id = n.repository_id and l.blob_id = b.id
                where n.name = @name {database.Dialect.ForUpdateOf("b")}
                """,
                new { name = name.Value, digest = digest.Key });
            if (row is null)
            {
                return false;
            }

            var user = await session.FirstAsync<byte[]>(
                """
                select m.digest from manifest_edge e join manifest m on m.id = e.manifest_id
                where e.blob_id = @BlobId and e.repository_id = @RepositoryId and m.deleted_at is null limit 1
                """,
                row);
            if (user is not null)
            {
                throw new OciException(
                    OciError.Unsupported, $"manifest {Digest.FromKey(user)} refers to this blob: delete it first", [digest.Text]);
            }

            // The first statement may have waited for another delete, and still have seen the link.
            if (await session.ExecuteAsync("delete from repository_blob where repository_id = @RepositoryId and blob_id = @BlobId", row) == 0)
            {
                return false;
            }

            await EnqueueAsync(session, row.BlobId, options.Grace);
            await RepositoryStore.VanishAsync(session, row.RepositoryId, database.Dialect);
            return true;
        },
        cancellationToken);

    /// <summary>Makes a finished object the blob of its digest, and shows it in a repository.</summary>
    internal static async Task StoreAsync(
        Session session, long repositoryId, byte[] digest, ObjectId objectId, long size, StorageOptions options) =>
        await LinkAsync(session, repositoryId, await AdoptAsync(session, digest, objectId, size), digest, options);

    /// <summary>The blob of a finished object: this one, or the one that had the digest before; then the new object is condemned.</summary>
    private static async Task<long> AdoptAsync(Session session, byte[] digest, ObjectId objectId, long size)
    {
        // "do update" waits for, and then locks, an existing row; "do nothing" would not.
        var blob = await session.FirstAsync<BlobRow>(
            """
            update object set state = 1, size = @size where id = @id and state = 0;
            insert into blob (digest, object_id, size, created_at) select @digest, id, size, now_ms() from object where id = @id and state = 1
            on conflict (digest) do update set created_at = blob.created_at returning id as Id, object_id as ObjectId
            """,
            new { digest, id = objectId.Key, size }) ?? throw new InvalidOperationException($"object {objectId} is condemned");
        if (!blob.ObjectId.AsSpan().SequenceEqual(objectId.Key))
        {
            await session.ExecuteAsync(
                "update object set state = 2, delete_not_before = now_ms() where id = @id", new { id = objectId.Key });
        }

        return blob.Id;
    }

    /// <summary>Makes a blob visible in a repository under a lease, and fills the edges that have waited for it.</summary>
    internal static Task LinkAsync(Session session, long repositoryId, long blobId, byte[] digest, StorageOptions options) =>
        session.ExecuteAsync(
            """
            insert into repository_blob (repository_id, blob_id, lease_until) values (@repositoryId, @blobId, now_ms() + @lease)
            on conflict (repository_id, blob_id) do update set lease_until =
              case when repository_blob.lease_until > excluded.lease_until then repository_blob.lease_until else excluded.lease_until end;
            update manifest_edge set blob_id = @blobId
            where repository_id = @repositoryId and digest = @digest and blob_id is null and child_id is null and kind <> 3;
            insert into blob_queue (blob_id, due_at) values (@blobId, now_ms() + @lease + @grace)
            on conflict (blob_id) do update set due_at = excluded.due_at, version = blob_queue.version + 1
            where blob_queue.due_at < now_ms() + @lease
            """,
            new
            {
                repositoryId,
                blobId,
                digest,
                lease = (long)options.Lease.TotalMilliseconds,
                grace = (long)options.Grace.TotalMilliseconds,
            });

    /// <summary>Has collection look at a blob after <paramref name="delay"/>, not before an earlier wish for later.</summary>
    internal static Task EnqueueAsync(Session session, long blobId, TimeSpan delay) => session.ExecuteAsync(
        """
        insert into blob_queue (blob_id, due_at) values (@blobId, now_ms() + @delay)
        on conflict (blob_id) do update set version = blob_queue.version + 1,
          due_at = case when blob_queue.due_at > excluded.due_at then blob_queue.due_at else excluded.due_at end
        """,
        new { blobId, delay = (long)delay.TotalMilliseconds });

    private static async Task<bool> VisibleAsync(Session session, Asker asker, long blobId, RepositoryName? from)
    {
        if (from is { } source)
        {
            var facts = await RepositoryFacts.FindAsync(session, source, asker);
            return await asker.MayPullAsync(session, source, facts) && await session.FirstAsync<long?>(
                "select blob_id from repository_blob where blob_id = @blobId and repository_id = @Id", new { blobId, facts.Id }) is not null;
        }

        foreach (var range in asker.Readable)
        {
            var found = await session.FirstAsync<long?>(
                """
                select l.blob_id from repository_blob l join repository_name n on n.repository_id = l.repository_id
                where l.blob_id = @blobId and n.name >= @From and n.name < @To limit 1
                """,
                new { blobId, range.From, range.To });
            if (found is not null)
            {
                return true;
            }
        }

        return false;
    }

    private static async ValueTask<FoundBlob?> FindAsync(
        Asker asker, RepositoryName name, Session session, DbCommand command, bool reads, CancellationToken cancellationToken)
    {
        const int first = RepositoryFacts.Count;
        while (true)
        {
            RepositoryFacts facts;
            FoundBlob? found = null;
            await using (var reader = await command.ExecuteReaderAsync(CommandBehavior.SingleRow, cancellationToken))
            {
                await reader.ReadAsync(cancellationToken);
                facts = RepositoryFacts.Read(reader);
                if (!reader.IsDBNull(first))
                {
                    var blob = new Blob(ObjectId.FromKey((byte[])reader.GetValue(first + 1)), reader.GetInt64(first + 2));
                    found = new FoundBlob(blob, facts.Id!.Value, reader.GetInt64(first), reader.FieldCount > first + 3 && reader.GetInt32(first + 3) == 1);
                }
            }

            await asker.AuthorizeAsync(session, name, facts);
            if (facts.IsWhole(reads))
            {
                return found;
            }

            // The last of the parameters, in both statements.
            reads = true;
            command.Parameters[command.Parameters.Count - 1].Value = 1L;
        }
    }

    private Task<bool> ExtendAsync(long repositoryId, long blobId, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            // Key share on the blob comes first: extending a lease that exists locks nothing that collection looks at.
            var alive = await session.FirstAsync<long?>(
                $"select id from blob where id = @blobId {database.Dialect.ForKeyShare}", new { blobId });
            var extended = alive is null ? 0 : await session.ExecuteAsync(
                """
                update repository_blob set lease_until = now_ms() + @lease
                where repository_id = @repositoryId and blob_id = @blobId and lease_until < now_ms() + @lease / 2
                """,
                new { repositoryId, blobId, lease = Lease });

            // Nothing extended: the blob has gone, or somebody has just done it.
            return extended == 1 || await session.FirstAsync<long?>(
                "select blob_id from repository_blob where repository_id = @repositoryId and blob_id = @blobId",
                new { repositoryId, blobId }) is not null;
        },
        cancellationToken);

    private sealed record FoundBlob(Blob Blob, long RepositoryId, long Id, bool IsPromised);

    private sealed record StoredRow(byte[] ObjectId, long Size);

    private sealed record LinkRow(long RepositoryId, long BlobId);

    private sealed record BlobRow(long Id, byte[] ObjectId);
}
