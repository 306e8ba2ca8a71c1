using Registry.Storage.Blobs;
using Registry.Storage.Manifests;
using Registry.Storage.Metadata;
using Registry.Storage.Uploads;

namespace Registry.Storage.Collection;

/// <summary>
/// Empties deleted repositories: one kind of thing, and a batch of it, in each transaction. How far it has come is in the rows, so it
/// goes on wherever it was stopped. Nothing comes in any more: whoever brings something holds the name of the repository, and an
/// upload needs its row, which is why uploads go first, and why the end waits for the last of them.
/// </summary>
internal sealed class RepositoryCollection(Database database, UploadStore uploads, StorageOptions options)
{
    public async Task<bool> RunAsync(int batch, CancellationToken cancellationToken)
    {
        IReadOnlyList<long> due;
        await using (var session = await database.ReadAsync(cancellationToken))
        {
            due = await session.QueryAsync<long>($"select id from repository where emptying is not null order by id limit {batch}");
        }

        var busy = due.Count == batch;
        foreach (var id in due)
        {
            busy |= await database.WriteAsync(session => EmptyAsync(session, id, batch), cancellationToken);
        }

        return busy;
    }

    /// <summary>True when there may be more to do at once.</summary>
    private async Task<bool> EmptyAsync(Session session, long id, int batch)
    {
        var emptying = await session.FirstAsync<long?>(
            $"select emptying from repository where id = @id {database.Dialect.ForUpdate} {database.Dialect.SkipLocked}", new { id });
        return emptying is { } after && (
            await DiscardUploadsAsync(session, id, batch)
            || await RemoveTagsAsync(session, id, batch)
            || await DeleteManifestsAsync(session, id, after, batch)
            || await DropLinksAsync(session, id, batch)
            || await EndAsync(session, id));
    }

    // One that is being closed at this moment is passed over: it waits for the row of the repository, and would be waited for.
    private async Task<bool> DiscardUploadsAsync(Session session, long id, int batch)
    {
        var found = await session.QueryAsync<UploadRow>(
            $"""
            select id as Id, object_id as ObjectId from upload where repository_id = @id
            limit {batch} {database.Dialect.ForUpdate} {database.Dialect.SkipLocked}
            """,
            new { id });
        foreach (var upload in found)
        {
            await uploads.DiscardAsync(session, upload.Id, id, upload.ObjectId);
        }

        return found.Count > 0;
    }

    private async Task<bool> RemoveTagsAsync(Session session, long id, int batch)
    {
        // Locked first: one that is being deleted by itself is waited for, and has its event.
        var names = await session.QueryAsync<string>(
            $"select name from tag where repository_id = @id order by name limit {batch} {database.Dialect.ForUpdate}", new { id });
        if (names.Count == 0)
        {
            return false;
        }

        await session.ExecuteAsync(
            """
            insert into tag_event (repository_id, tag, old_digest, actor, address, created_at)
            select t.repository_id, t.name, m.digest, r.deleted_by, r.deleted_from, r.deleted_at
            from tag t join manifest m on m.id = t.manifest_id join repository r on r.id = t.repository_id
            where t.repository_id = @id and t.name <= @last order by t.name;
            delete from tag where repository_id = @id and name <= @last
            """,
            new { id, last = names[^1] });
        return true;
    }

    // Those that were deleted before are on their way already.
    private async Task<bool> DeleteManifestsAsync(Session session, long id, long after, int batch)
    {
        var ids = await session.QueryAsync<long>(
            $"select id from manifest where repository_id = @id and id > @after order by id limit {batch} {database.Dialect.ForUpdate}",
            new { id, after });
        if (ids.Count == 0)
        {
            return false;
        }

        var deleted = await session.QueryAsync<long>(
            """
            update manifest set deleted_at = now_ms()
            where repository_id = @id and id > @after and id <= @last and deleted_at is null returning id
            """,
            new { id, after, last = ids[^1] });
        foreach (var manifest in deleted.Order())
        {
            await ManifestStore.EnqueueAsync(session, id, manifest, options.Window + options.Grace);
        }

        await session.ExecuteAsync("update repository set emptying = @last where id = @id", new { id, last = ids[^1] });
        return true;
    }

    // Whatever has been promised: there is no repository any more in which it could be kept.
    private async Task<bool> DropLinksAsync(Session session, long id, int batch)
    {
        var blobs = await session.QueryAsync<long>(
            $"""
            delete from repository_blob where repository_id = @id and blob_id in
              (select blob_id from repository_blob where repository_id = @id order by blob_id limit {batch})
            returning blob_id
            """,
            new { id });
        foreach (var blob in blobs.Order())
        {
            await BlobStore.EnqueueAsync(session, blob, options.Grace);
        }

        return blobs.Count > 0;
    }

    private static async Task<bool> EndAsync(Session session, long id)
    {
        await session.ExecuteAsync(
            "update repository set emptying = null where id = @id and not exists (select 1 from upload where repository_id = @id)", new { id });
        return false;
    }

    private sealed record UploadRow(byte[] Id, byte[]? ObjectId);
}
