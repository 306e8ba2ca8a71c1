using System.Data;
using Dapper;
using Registry.Storage.Metadata;
using Registry.Storage.Oci;
using Registry.Storage.Repositories;

namespace Registry.Storage.Manifests;

/// <summary>
/// One push of a manifest within its transaction. Rows are locked in the order that everyone keeps: name, repository, child
/// manifests, blobs, the manifest itself, tags, queues.
/// </summary>
internal sealed class ManifestPut(Session session, Dialect dialect, StorageOptions options, Manifest manifest, TagChange change)
{
    private const int EdgesPerStatement = 50;
    private readonly byte[] key = manifest.Digest.Key;

    public async Task RunAsync(Asker asker, RepositoryName name)
    {
        var facts = await RepositoryFacts.HoldAsync(session, dialect, name, asker);
        await asker.AuthorizeAsync(session, name, facts);
        var repositoryId = facts.Id ?? await RepositoryStore.CreateAsync(session, dialect, name);
        if (manifest.Edges.Any(edge => !IsRequired(edge.Kind)))
        {
            // What may be absent may come at this moment, and neither transaction would see the other: whoever brings something
            // into a repository holds its row by a foreign key, so this waits, or is waited for.
            await session.ExecuteAsync($"select id from repository where id = @repositoryId {dialect.ForUpdate}", new { repositoryId });
        }

        var targets = await ResolveAsync(repositoryId);
        var manifestId = await StoreAsync(repositoryId, targets);
        foreach (var tag in change.Tags)
        {
            await new TagMove(session, dialect, options, asker, repositoryId, tag, change).ToAsync(manifestId, manifest.Digest);
        }

        if (change.Mirrored)
        {
            await CheckedAsync(repositoryId);
        }

        if (!facts.Listed)
        {
            await session.ExecuteAsync("update repository_name set listed = 1 where repository_id = @repositoryId", new { repositoryId });
        }

        if (options.CollectUntagged && change.Tags.Count == 0)
        {
            await ManifestStore.EnqueueAsync(session, repositoryId, manifestId, options.Grace);
        }
    }

    /// <summary>Finds and locks what the edges name; what may be absent is left out.</summary>
    private async Task<Targets> ResolveAsync(long repositoryId)
    {
        var children = await FindAsync(
            EdgeKind.Child,
            $"""
            select digest as Digest, id as Id from manifest
            where repository_id = @repositoryId and {dialect.In("digest", "@digests")} and deleted_at is null order by id {dialect.ForKeyShare}
            """,
            repositoryId);

        // Locked in one statement, looked at in the next: one that has waited for collection would still see the links from before.
        await FindAsync(
            null, $"select digest as Digest, id as Id from blob where {dialect.In("digest", "@digests")} order by id {dialect.ForKeyShare}", repositoryId);
        var blobs = await FindAsync(
            null,
            $"""
            select b.digest as Digest, b.id as Id from blob b join repository_blob l on l.blob_id = b.id
            where l.repository_id = @repositoryId and {dialect.In("b.digest", "@digests")}
            """,
            repositoryId);

        var missing = manifest.Edges.Where(edge => IsRequired(edge.Kind))
            .Where(edge => !(edge.Kind == EdgeKind.Child ? children : blobs).ContainsKey(edge.Digest.Text))
            .Select(edge => edge.Digest.Text).Distinct().ToList();
        return missing.Count == 0 ? new Targets(children, blobs) : throw new OciException(OciError.ManifestBlobUnknown, details: missing);
    }

    private bool IsRequired(EdgeKind kind) => kind switch
    {
        EdgeKind.Foreign => false,
        _ when change.Mirrored => false,
        EdgeKind.Child or EdgeKind.Entry => !options.SparseIndexes,
        _ => true,
    };

    /// <summary>The ids of the edges' targets by digest: of the children, or (null) of all that are blobs.</summary>
    private async Task<Dictionary<string, long>> FindAsync(EdgeKind? kind, string sql, long repositoryId)
    {
        var found = new Dictionary<string, long>();
        var wanted = manifest.Edges.Where(edge => (edge.Kind == EdgeKind.Child) == (kind == EdgeKind.Child))
            .Select(edge => edge.Digest).Distinct();
        foreach (var digests in wanted.Chunk(500))
        {
            foreach (var row in await session.QueryAsync<TargetRow>(sql, new { repositoryId, digests = digests.Select(d => d.Key).ToArray() }))
            {
                found[Digest.FromKey(row.Digest).Text] = row.Id;
            }
        }

        return found;
    }

    private async Task<long> StoreAsync(long repositoryId, Targets targets)
    {
        while (true)
        {
            if (await InsertAsync(repositoryId) is { } id)
            {
                await InsertEdgesAsync(repositoryId, id, targets);
                await FillWaitingEdgesAsync(repositoryId, id);
                return id;
            }

            if (await ReviveAsync(repositoryId) is { } existing)
            {
                return existing;
            }

            // Collection has removed the row between the two statements.
        }
    }

    private Task<long?> InsertAsync(long repositoryId) => session.FirstAsync<long?>(
        """
        insert into manifest (repository_id, digest, media_type, artifact_type, subject, referrer, size, created_at, content)
        values (@repositoryId, @key, @MediaType, @ArtifactType, @subject, @ReferrerDescriptor, @size, now_ms(), @Content)
        on conflict (repository_id, digest) do nothing returning id
        """,
        new
        {
            repositoryId,
            key,
            manifest.MediaType,
            manifest.ArtifactType,
            subject = manifest.Subject?.Key,
            manifest.ReferrerDescriptor,
            size = (long)manifest.Content.Length,
            manifest.Content,
        });

    private async Task CheckedAsync(long repositoryId)
    {
        foreach (var tag in change.Tags)
        {
            await session.ExecuteAsync(
                "update tag set checked_at = now_ms() where repository_id = @repositoryId and name = @name", new { repositoryId, name = tag.Value });
        }
    }

    private Task<int> FillWaitingEdgesAsync(long repositoryId, long id) => session.ExecuteAsync(
        """
        update manifest_edge set child_id = @id
        where repository_id = @repositoryId and digest = @key and child_id is null and blob_id is null and kind = 3
        """,
        new { id, repositoryId, key });

    /// <summary>The row is there: its edges are, too. If it was deleted it is back, and collection's task no longer holds.</summary>
    private async Task<long?> ReviveAsync(long repositoryId)
    {
        var row = await session.FirstAsync<ExistingRow>(
            $"""
            select id as Id, deleted_at as DeletedAt from manifest
            where repository_id = @repositoryId and digest = @key {dialect.ForUpdate}
            """,
            new { repositoryId, key });
        if (row?.DeletedAt is not null)
        {
            await session.ExecuteAsync(
                """
                update manifest set deleted_at = null where id = @Id;
                update manifest_queue set version = version + 1 where manifest_id = @Id
                """,
                row);

            // An index that came while it was deleted waits for it.
            await FillWaitingEdgesAsync(repositoryId, row.Id);
        }

        return row?.Id;
    }

    // Many rows a statement: an image of forty layers must not cost forty round trips.
    private async Task InsertEdgesAsync(long repositoryId, long manifestId, Targets targets)
    {
        foreach (var edges in manifest.Edges.Index().Chunk(EdgesPerStatement))
        {
            var parameters = new DynamicParameters(new { repositoryId, manifestId });
            var values = new List<string>();
            foreach (var (position, edge) in edges)
            {
                var child = edge.Kind == EdgeKind.Child;
                parameters.Add($"position{values.Count}", (long)position);
                parameters.Add($"kind{values.Count}", (long)edge.Kind);
                parameters.Add($"digest{values.Count}", edge.Digest.Key);
                parameters.Add($"blob{values.Count}", child ? null : targets.Blob(edge.Digest), DbType.Int64);
                parameters.Add($"child{values.Count}", child ? targets.Child(edge.Digest) : null, DbType.Int64);
                var i = values.Count;
                values.Add($"(@repositoryId, @manifestId, @position{i}, @kind{i}, @digest{i}, @blob{i}, @child{i})");
            }

            await session.ExecuteAsync(
                "insert into manifest_edge (repository_id, manifest_id, position, kind, digest, blob_id, child_id) values "
                + string.Join(", ", values),
                parameters);
        }
    }

    private sealed record Targets(Dictionary<string, long> Children, Dictionary<string, long> Blobs)
    {
        public long? Child(Digest digest) => Children.TryGetValue(digest.Text, out var id) ? id : null;

        public long? Blob(Digest digest) => Blobs.TryGetValue(digest.Text, out var id) ? id : null;
    }

    private sealed record TargetRow(byte[] Digest, long Id);

    private sealed record ExistingRow(long Id, long? DeletedAt);
}
