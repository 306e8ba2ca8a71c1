using Registry.Storage.Metadata;
using Registry.Storage.Objects;
using Registry.Storage.Uploads;

namespace Registry.Storage.Collection;

/// <summary>
/// Online collection, driven by queues that every de-reference fills: its cost follows the garbage, not the content. Rows go
/// first, with a tombstone, in one transaction; bytes go later and without a lock. Every decision is made in a statement of its
/// own after the row was locked: a statement that has waited for a lock would still see the past.
/// </summary>
public sealed class Collector(Database database, IObjectStore objects, UploadStore uploads, StorageOptions options)
{
    private const int Batch = 100;

    /// <summary>Objects whose bytes have been removed.</summary>
    public long ObjectsRemoved { get; private set; }

    /// <summary>Works off what is due now. True when there may be more.</summary>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        var busy = false;
        busy |= await ExpireUploadsAsync(cancellationToken);
        busy |= await new RepositoryCollection(database, uploads, options).RunAsync(Batch, cancellationToken);
        busy |= await new ManifestCollection(database, options).RunAsync(Batch, cancellationToken);
        busy |= await new BlobCollection(database, options).RunAsync(Batch, cancellationToken);
        await ObjectReserve.CondemnUnusedAsync(database, ObjectReserve.Lifetime, cancellationToken);
        busy |= await RemoveObjectsAsync(cancellationToken);
        return busy;
    }

    private async Task<bool> ExpireUploadsAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<byte[]> due;
        await using (var session = await database.ReadAsync(cancellationToken))
        {
            due = await session.QueryAsync<byte[]>(
                $"""
                select id from upload where expires_at <= now_ms() and (writer is null or writer_until <= now_ms())
                order by expires_at limit {Batch}
                """);
        }

        foreach (var id in due)
        {
            await database.WriteAsync(
                async write =>
                {
                    var upload = await write.FirstAsync<UploadRow>(
                        $"""
                        select repository_id as RepositoryId, object_id as ObjectId from upload
                        where id = @id and expires_at <= now_ms() and (writer is null or writer_until <= now_ms()) {database.Dialect.ForUpdate}
                        """,
                        new { id });
                    return upload is not null && await uploads.DiscardAsync(write, id, upload.RepositoryId, upload.ObjectId);
                },
                cancellationToken);
        }

        return due.Count == Batch;
    }

    /// <summary>Removes the bytes of condemned objects, then their rows. Removing twice, or after a crash, does no harm.</summary>
    private async Task<bool> RemoveObjectsAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<CondemnedRow> due;
        await using (var session = await database.ReadAsync(cancellationToken))
        {
            due = await session.QueryAsync<CondemnedRow>(
                $"""
                select id as Id, size as Size from object
                where state = 2 and delete_not_before <= now_ms() order by delete_not_before limit {Batch}
                """);
        }

        var removed = (await objects.DeleteAsync([.. due.Select(row => row.Condemned)], cancellationToken)).Select(id => id.Key).ToArray();
        if (removed.Length > 0)
        {
            // Still due: another worker may have removed them for the first time meanwhile, and the last one has its own time.
            await database.WriteAsync(
                session => session.ExecuteAsync(
                    $"""
                    delete from object where {database.Dialect.In("id", "@removed")} and state = 2 and deletes_left <= 1
                      and delete_not_before <= now_ms();
                    update object set deletes_left = deletes_left - 1, delete_not_before = now_ms() + @grace
                    where {database.Dialect.In("id", "@removed")} and delete_not_before <= now_ms()
                    """,
                    new { removed, grace = (long)options.Grace.TotalMilliseconds }),
                cancellationToken);
            ObjectsRemoved += removed.Length;
        }

        return removed.Length == Batch;
    }

    private sealed record CondemnedRow(byte[] Id, long? Size)
    {
        public CondemnedObject Condemned => new(ObjectId.FromKey(Id), Size);
    }

    private sealed record UploadRow(long RepositoryId, byte[]? ObjectId);
}
