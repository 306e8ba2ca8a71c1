using Registry.Storage.Manifests;
using Registry.Storage.Metadata;

namespace Registry.Storage.Collection;

/// <summary>
/// Removes the rows of manifests that were deleted and that no visible index names, and, where configured, of manifests that
/// have neither a tag nor an index.
/// </summary>
internal sealed class ManifestCollection(Database database, StorageOptions options)
{
    public async Task<bool> RunAsync(int batch, CancellationToken cancellationToken)
    {
        IReadOnlyList<TaskRow> due;
        await using (var session = await database.ReadAsync(cancellationToken))
        {
            due = await session.QueryAsync<TaskRow>(
                $"""
                select manifest_id as ManifestId, repository_id as RepositoryId, version as Version
                from manifest_queue where due_at <= now_ms() order by due_at limit {batch}
                """);
        }

        foreach (var task in due)
        {
            await database.WriteAsync(session => ReviewAsync(session, task), cancellationToken);
        }

        return due.Count == batch;
    }

    private async Task<bool> ReviewAsync(Session session, TaskRow task)
    {
        var manifest = await session.FirstAsync<ManifestRow>(
            $"select id as Id, deleted_at as DeletedAt from manifest where id = @ManifestId {database.Dialect.ForUpdate}",
            task);
        if (manifest is not null && await IsGarbageAsync(session, task, manifest.DeletedAt is not null))
        {
            await RemoveAsync(session, task, manifest.DeletedAt is not null);
        }

        // A version that has moved on belongs to a later event, which has its own time.
        await session.ExecuteAsync("delete from manifest_queue where manifest_id = @ManifestId and version = @Version", task);
        return true;
    }

    private async Task<bool> IsGarbageAsync(Session session, TaskRow task, bool deleted)
    {
        var current = await session.FirstAsync<long?>(
            "select version from manifest_queue where manifest_id = @ManifestId and due_at <= now_ms()", task);
        if (current != task.Version || (!deleted && !options.CollectUntagged))
        {
            return false;
        }

        var held = await session.FirstAsync<long?>(
            """
            select 1 from manifest_edge e join manifest parent on parent.id = e.manifest_id
            where e.child_id = @ManifestId and parent.deleted_at is null
            union all select 1 from tag where repository_id = @RepositoryId and manifest_id = @ManifestId limit 1
            """,
            task);
        return held is null && (deleted || await HasNoSubjectAsync(session, task));
    }

    // A referrer (signature, attestation) has no tag of its own: it lives as long as what it is about.
    private static async Task<bool> HasNoSubjectAsync(Session session, TaskRow task) => await session.FirstAsync<long?>(
        """
        select 1 from manifest m join manifest s on s.repository_id = m.repository_id and s.digest = m.subject
        where m.id = @ManifestId and s.deleted_at is null
        """,
        task) is null;

    private async Task RemoveAsync(Session session, TaskRow task, bool deleted)
    {
        var named = await session.QueryAsync<EdgeRow>(
            """
            select blob_id as BlobId, child_id as ChildId from manifest_edge
            where repository_id = @RepositoryId and manifest_id = @ManifestId order by child_id, blob_id
            """,
            task);
        var referrers = await session.QueryAsync<long>(
            """
            select r.id from manifest m join manifest r on r.repository_id = m.repository_id and r.subject = m.digest
            where m.id = @ManifestId order by r.id
            """,
            task);
        await session.ExecuteAsync(
            """
            update manifest_edge set child_id = null where child_id = @ManifestId;
            delete from manifest_edge where repository_id = @RepositoryId and manifest_id = @ManifestId;
            delete from manifest where id = @ManifestId
            """,
            task);

        // What it named is looked at next. Deleting it has given the grace already; until now an untagged one could be seen.
        var delay = deleted ? TimeSpan.Zero : options.Grace;
        foreach (var id in named.Select(edge => edge.ChildId).OfType<long>().Concat(referrers).Distinct())
        {
            await ManifestStore.EnqueueAsync(session, task.RepositoryId, id, delay);
        }

        foreach (var id in named.Select(edge => edge.BlobId).OfType<long>().Distinct())
        {
            await Blobs.BlobStore.EnqueueAsync(session, id, delay);
        }
    }

    private sealed record TaskRow(long ManifestId, long RepositoryId, long Version);

    private sealed record ManifestRow(long Id, long? DeletedAt);

    private sealed record EdgeRow(long? BlobId, long? ChildId);
}
