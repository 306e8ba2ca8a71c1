using Registry.Storage.Metadata;
using Registry.Storage.Repositories;

namespace Registry.Storage.Collection;

/// <summary>Removes the rows of blobs that no manifest names and no lease holds, and condemns their objects.</summary>
internal sealed class BlobCollection(Database database, StorageOptions options)
{
    public async Task<bool> RunAsync(int batch, CancellationToken cancellationToken)
    {
        IReadOnlyList<TaskRow> due;
        await using (var session = await database.ReadAsync(cancellationToken))
        {
            due = await session.QueryAsync<TaskRow>(
                $"select blob_id as BlobId, version as Version from blob_queue where due_at <= now_ms() order by due_at limit {batch}");
        }

        foreach (var task in due)
        {
            await database.WriteAsync(session => ReviewAsync(session, task), cancellationToken);
        }

        return due.Count == batch;
    }

    private async Task<bool> ReviewAsync(Session session, TaskRow task)
    {
        var objectId = await session.FirstAsync<byte[]>(
            $"select object_id from blob where id = @BlobId {database.Dialect.ForUpdate}", task);
        if (objectId is null)
        {
            await session.ExecuteAsync("delete from blob_queue where blob_id = @BlobId", task);
            return true;
        }

        // A later event has moved the task: its grace is not over.
        if (await session.FirstAsync<long?>("select version from blob_queue where blob_id = @BlobId and due_at <= now_ms()", task) != task.Version)
        {
            return true;
        }

        var repositories = await DropLinksAsync(session, task);
        if (await session.FirstAsync<long?>("select 1 from manifest_edge where blob_id = @BlobId limit 1", task) is null)
        {
            await RemoveOrPostponeAsync(session, task, objectId);
        }
        else
        {
            await PostponeToLeaseAsync(session, task);
        }

        foreach (var id in repositories)
        {
            await RepositoryStore.VanishAsync(session, id, database.Dialect);
        }

        return true;
    }

    /// <summary>Ends the visibility of the blob where its lease is over and no manifest, deleted or not, names it.</summary>
    private static Task<IReadOnlyList<long>> DropLinksAsync(Session session, TaskRow task) => session.QueryAsync<long>(
        """
        delete from repository_blob where blob_id = @BlobId and lease_until <= now_ms()
          and not exists (select 1 from manifest_edge e where e.blob_id = @BlobId and e.repository_id = repository_blob.repository_id)
        returning repository_id
        """,
        task);

    private async Task RemoveOrPostponeAsync(Session session, TaskRow task, byte[] objectId)
    {
        if (await session.FirstAsync<long?>("select 1 from repository_blob where blob_id = @BlobId limit 1", task) is not null)
        {
            await PostponeToLeaseAsync(session, task);
            return;
        }

        // While objects move, one that was on its way to the first store may arrive after the first removal.
        var deletes = options.HasSecond ? 2L : 1L;

        // The foreign keys of edges and links are the last line: they refuse this if anything still points here.
        await session.ExecuteAsync(
            """
            delete from blob_queue where blob_id = @BlobId;
            delete from blob where id = @BlobId;
            update object set state = 2, delete_not_before = now_ms(), deletes_left = @deletes where id = @objectId
            """,
            new { task.BlobId, objectId, deletes });
    }

    /// <summary>Comes back when the last lease that no manifest backs is over; without such a lease the task is done.</summary>
    private static async Task PostponeToLeaseAsync(Session session, TaskRow task)
    {
        var until = await session.FirstAsync<long?>(
            """
            select max(lease_until) from repository_blob l where l.blob_id = @BlobId
              and not exists (select 1 from manifest_edge e where e.blob_id = @BlobId and e.repository_id = l.repository_id)
            """,
            task);
        await session.ExecuteAsync(
            until is null
                ? "delete from blob_queue where blob_id = @BlobId and version = @Version"
                : "update blob_queue set due_at = @until + 1 where blob_id = @BlobId and version = @Version",
            new { task.BlobId, task.Version, until = until ?? 0 });
    }

    private sealed record TaskRow(long BlobId, long Version);
}
