using System.Security.Cryptography;
using Registry.Storage.Blobs;
using Registry.Storage.Metadata;
using Registry.Storage.Objects;
using Registry.Storage.Oci;
using Registry.Storage.Repositories;

namespace Registry.Storage.Uploads;

/// <summary>The upload sessions (distribution-spec, "Pushing Blobs"), each with at most one writer at a time.</summary>
public sealed class UploadStore(Database database, IObjectStore objects, ObjectReserve reserve, StorageOptions options)
{
    // A writer that shows no progress for this long has lost its claim to whoever asks next.
    private static readonly TimeSpan ClaimTime = TimeSpan.FromSeconds(30);

    // How long a close can be repeated after its answer was lost.
    private const long Answered = 15 * 60 * 1000;

    private readonly ActiveWriters writers = new();

    private readonly string facts = $"select {RepositoryFacts.Columns} {RepositoryFacts.FromHeld(database.Dialect)}";

    // Run again after the repository was made. The name is held here as well: somebody else may have made it between the two
    // statements of the first time.
    private readonly string insert =
        $"""
        insert into upload (id, repository_id, algorithm, expires_at, created_at, subject_id)
        select @id, repository_id, @algorithm, now_ms() + @Expiry, now_ms(), @subject
        from repository_name where name = @name {database.Dialect.ForKeyShare}
        on conflict (id) do nothing
        """;

    /// <summary>How long, in milliseconds, a close can be repeated.</summary>
    internal static long AnsweredFor(StorageOptions options) => Math.Min((long)options.UploadExpiry.TotalMilliseconds, Answered);

    private long Expiry => (long)options.UploadExpiry.TotalMilliseconds;

    /// <summary>
    /// Starts a session, and the repository with it. It has no object before its first writer has come. Its row survives the end
    /// of the process, but is not synced: nobody has lost anything with an empty session.
    /// </summary>
    public Task<Guid> StartAsync(Asker asker, RepositoryName name, DigestAlgorithm algorithm, CancellationToken cancellationToken)
    {
        var id = Guid.NewGuid();
        var row = new
        {
            id = id.ToByteArray(),
            algorithm = (long)algorithm,
            name = name.Value,
            Expiry,
            subject = asker.Subject == 0 ? default(long?) : asker.Subject,
            credential = asker.Credential,
        };
        return database.WriteAsync(
            async session =>
            {
                // One round trip: what the asker may not have is rolled back.
                var found = (await session.FirstAsync<RepositoryFacts.Row>($"{facts}; {insert}", row))!.Facts;
                await asker.AuthorizeAsync(session, name, found);
                if (found.Id is null)
                {
                    await RepositoryStore.CreateAsync(session, database.Dialect, name);
                    await session.ExecuteAsync(insert, row);
                }

                return id;
            },
            Durability.Relaxed,
            cancellationToken);
    }

    /// <summary>The bytes stored so far, or null when the asker has no such open session in the repository.</summary>
    public async Task<long?> PositionAsync(Asker asker, RepositoryName name, Guid id, CancellationToken cancellationToken)
    {
        await using var session = await database.ReadAsync(cancellationToken);
        var row = await session.FirstAsync<PositionRow>(
            $"""
            select u.position as Position, u.repository_id as RepositoryId, {RepositoryFacts.StandingColumn} as Standing
            from repository_name n join upload u on u.repository_id = n.repository_id
            where n.name = @name and u.id = @id and coalesce(u.subject_id, 0) = @subject and u.result_digest is null and u.expires_at > now_ms()
            """,
            new { name = name.Value, id = id.ToByteArray(), subject = asker.Subject, credential = asker.Credential });
        await AuthorizeAsync(asker, session, name, row);
        return row?.Position;
    }

    /// <summary>Makes the caller the only writer of the session.</summary>
    /// <returns>The writer; null when there is no such open session.</returns>
    /// <exception cref="OciException">BLOB_UPLOAD_INVALID: somebody else is writing.</exception>
    public async Task<UploadWriter?> ClaimAsync(Asker asker, RepositoryName name, Guid id, CancellationToken cancellationToken)
    {
        var writer = RandomNumberGenerator.GetBytes(16);
        var fresh = await reserve.TakeAsync();
        var upload = await database.WriteAsync(
            async session =>
            {
                var claimed = await session.FirstAsync<ClaimedRow>(
                    $"""
                    update upload set writer = @writer, writer_until = now_ms() + @claim, expires_at = now_ms() + @Expiry,
                        object_id = coalesce(object_id, @fresh)
                    where id = @id and coalesce(subject_id, 0) = @subject and result_digest is null and expires_at > now_ms()
                      and (writer is null or writer_until <= now_ms())
                      and repository_id = (select repository_id from repository_name where name = @name)
                    returning repository_id as RepositoryId, object_id as ObjectId, algorithm as Algorithm, position as Position,
                      hash_state as HashState, {RepositoryFacts.StandingColumn} as Standing
                    """,
                    new
                    {
                        id = id.ToByteArray(),
                        name = name.Value,
                        writer,
                        fresh = fresh.Id.Key,
                        claim = (long)ClaimTime.TotalMilliseconds,
                        Expiry,
                        subject = asker.Subject,
                        credential = asker.Credential,
                    });
                await AuthorizeAsync(asker, session, name, claimed);
                return claimed is null ? null : await ContinueAsync(session, id, claimed, fresh);
            },
            Durability.Relaxed,
            cancellationToken);
        if (upload?.Fresh is null)
        {
            reserve.Return(fresh);
        }

        if (upload is null)
        {
            return await PositionAsync(asker, name, id, cancellationToken) is { } position
                ? throw new UploadConflictException(position, "another request is writing to this upload")
                : null;
        }

        return new UploadWriter(upload, writer, await writers.EnterAsync(id), this, objects);
    }

    private async Task<Upload> ContinueAsync(Session session, Guid id, ClaimedRow row, ReservedId fresh)
    {
        var (key, isFresh) = (ObjectId.FromKey(row.ObjectId), row.ObjectId.AsSpan().SequenceEqual(fresh.Id.Key));
        var state = await objects.FindStateAsync(session, key, isFresh);
        if (state is null)
        {
            await session.ExecuteAsync(
                """
                update upload set object_id = @fresh where id = @id;
                update object set state = 2, delete_not_before = now_ms(), deletes_left = 2 where id = @lost and state = 0
                """,
                new { id = id.ToByteArray(), fresh = fresh.Id.Key, lost = row.ObjectId });
            (key, isFresh, state) = (fresh.Id, true, ObjectState.None);
        }

        return new Upload(
            id, row.RepositoryId, key, state, isFresh ? fresh : null, (DigestAlgorithm)row.Algorithm, row.Position, row.HashState);
    }

    /// <summary>The digest of a session that has been closed, or null: the answer to a close whose first answer was lost.</summary>
    public async Task<Digest?> ResultAsync(Asker asker, RepositoryName name, Guid id, CancellationToken cancellationToken)
    {
        await using var session = await database.ReadAsync(cancellationToken);
        var key = await session.FirstAsync<byte[]>(
            """
            select u.result_digest from repository_name n join upload u on u.repository_id = n.repository_id
            where n.name = @name and u.id = @id and coalesce(u.subject_id, 0) = @subject and u.result_digest is not null
            """,
            new { name = name.Value, id = id.ToByteArray(), subject = asker.Subject });
        return key is null ? null : Digest.FromKey(key);
    }

    /// <summary>Gives a session up. False when there is none.</summary>
    public Task<bool> CancelAsync(Asker asker, RepositoryName name, Guid id, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            // Locked: a close that is committed meanwhile has ended the session, and its result stays.
            var found = await session.FirstAsync<CancelledRow>(
                $"""
                select u.repository_id as RepositoryId, u.object_id as ObjectId, {RepositoryFacts.StandingColumn} as Standing
                from repository_name n join upload u on u.repository_id = n.repository_id
                where n.name = @name and u.id = @id and coalesce(u.subject_id, 0) = @subject and u.result_digest is null
                {database.Dialect.ForUpdateOf("u")}
                """,
                new { name = name.Value, id = id.ToByteArray(), subject = asker.Subject, credential = asker.Credential });
            await AuthorizeAsync(asker, session, name, found);
            return found is not null && await DiscardAsync(session, id.ToByteArray(), found.RepositoryId, found.ObjectId);
        },
        cancellationToken);

    /// <summary>Removes a session's row and condemns its object; the repository vanishes with it if it never held anything.</summary>
    internal async Task<bool> DiscardAsync(Session session, byte[] id, long repositoryId, byte[]? objectId)
    {
        var removed = await session.ExecuteAsync("delete from upload where id = @id", new { id });
        if (objectId is not null)
        {
            // Removed twice: a writer that is still running may create the file after the first time.
            await session.ExecuteAsync(
                "update object set state = 2, delete_not_before = now_ms(), deletes_left = 2 where id = @objectId and state = 0",
                new { objectId });
        }

        await RepositoryStore.VanishAsync(session, repositoryId, database.Dialect);
        return removed > 0;
    }

    /// <summary>Records how far the writer has come, safe bytes only. With <paramref name="release"/> the claim ends.</summary>
    /// <exception cref="OciException">BLOB_UPLOAD_UNKNOWN: the claim is lost or the session is gone.</exception>
    internal async Task ProgressAsync(Upload upload, byte[] writer, Checkpoint point, bool release)
    {
        var unused = release && point.LeavesKeyUnused;
        var updated = await database.WriteAsync(
            async session =>
            {
                var updated = await session.ExecuteAsync(
                    """
                    update upload set position = @Position, hash_state = @HashState, expires_at = now_ms() + @Expiry,
                        writer = case when @release = 1 then null else writer end, writer_until = now_ms() + @claim,
                        object_id = case when @unused = 1 then null else object_id end
                    where id = @id and writer = @writer and result_digest is null
                    """,
                    new
                    {
                        id = upload.Id.ToByteArray(),
                        writer,
                        point.Position,
                        point.HashState,
                        Expiry,
                        release = release ? 1L : 0L,
                        unused = unused ? 1L : 0L,
                        claim = (long)ClaimTime.TotalMilliseconds,
                    });
                if (updated > 0)
                {
                    await point.RecordAsync(session);
                }

                return updated;
            },
            Durability.Relaxed,
            CancellationToken.None);
        if (updated == 0)
        {
            throw new OciException(OciError.BlobUploadUnknown);
        }

        point.Recorded();
        if (unused && upload.Fresh is { } key)
        {
            reserve.Return(key);
        }
    }

    /// <summary>Ends the claim; the session stays where its row says.</summary>
    internal Task ReleaseAsync(Upload upload, byte[] writer) => database.WriteAsync(
        session => session.ExecuteAsync(
            "update upload set writer = null where id = @id and writer = @writer", new { id = upload.Id.ToByteArray(), writer }),
        Durability.Relaxed,
        CancellationToken.None);

    /// <summary>Shows that the writer lives although it has not come to a checkpoint.</summary>
    internal Task RenewAsync(Upload upload, byte[] writer) => database.WriteAsync(
        session => session.ExecuteAsync(
            "update upload set writer_until = now_ms() + @claim, expires_at = now_ms() + @Expiry where id = @id and writer = @writer",
            new { id = upload.Id.ToByteArray(), writer, claim = (long)ClaimTime.TotalMilliseconds, Expiry }),
        Durability.Relaxed,
        CancellationToken.None);

    /// <summary>Makes the finished, safe object the blob of <paramref name="digest"/> in the upload's repository.</summary>
    internal Task CloseAsync(Upload upload, byte[] writer, Digest digest, Checkpoint end) => database.WriteAsync(
        async session =>
        {
            var (key, size) = (digest.Key, end.Position);
            var closed = await session.ExecuteAsync(
                """
                update upload set result_digest = @key, object_id = null, hash_state = null, writer = null, position = @size,
                    expires_at = now_ms() + @answered
                where id = @id and writer = @writer and result_digest is null
                  and exists (select 1 from repository_name n where n.repository_id = upload.repository_id)
                """,
                new { id = upload.Id.ToByteArray(), writer, key, size, answered = AnsweredFor(options) });
            if (closed == 0)
            {
                throw new OciException(OciError.BlobUploadUnknown);
            }

            await BlobStore.StoreAsync(session, upload.RepositoryId, key, upload.Object, size, options);
            await end.RecordAsync(session);
            return 0;
        },
        CancellationToken.None);

    /// <summary>Gives the session up after its content has proved wrong or its disk has failed.</summary>
    internal Task DiscardAsync(Upload upload) => database.WriteAsync(
        session => DiscardAsync(session, upload.Id.ToByteArray(), upload.RepositoryId, upload.Object.Key), CancellationToken.None);

    /// <summary>
    /// Whether a subject had opened an upload in a repository at <paramref name="since"/> or later: the manifest that ends such a push
    /// is taken although the token has expired meanwhile.
    /// </summary>
    public static async Task<bool> HasOpenedAsync(Session session, long repositoryId, long subject, long since) =>
        await session.FirstAsync<long?>(
            "select 1 from upload where repository_id = @repositoryId and subject_id = @subject and created_at >= @since limit 1",
            new { repositoryId, subject, since }) is not null;

    // A session is of the repository it was opened in, and so of the one its token was for.
    internal static ValueTask AuthorizeAsync(Asker asker, Session session, RepositoryName name, SessionRow? row) => row is null
        ? ValueTask.CompletedTask
        : asker.AuthorizeAsync(session, name, new RepositoryFacts(row.RepositoryId, true, false, long.MaxValue, RepositoryFacts.StandingOf(row.Standing)));
}
