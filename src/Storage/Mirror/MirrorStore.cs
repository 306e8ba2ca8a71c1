using Registry.Storage.Blobs;
using Registry.Storage.Metadata;
using Registry.Storage.Oci;
using Registry.Storage.Repositories;

namespace Registry.Storage.Mirror;

/// <summary>What is kept of upstream registries beside what every repository has.</summary>
public sealed class MirrorStore(Database database, StorageOptions options)
{
    /// <summary>
    /// Makes a namespace the upstream's own. False, and nothing is changed, when somebody has pushed there: what was pulled under a
    /// name must not become something else.
    /// </summary>
    public Task<bool> OwnAsync(string alias, bool isPublic, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            var id = await NamespaceRow.HoldAsync(session, database.Dialect, alias);
            var owned = await session.FirstAsync<long>($"select mirrored from namespace where id = @id {database.Dialect.ForUpdate}", new { id });
            if (owned == 0 && await session.FirstAsync<long?>("select 1 from repository_name where namespace_id = @id limit 1", new { id }) is not null)
            {
                return false;
            }

            await session.ExecuteAsync(
                """
                update namespace set mirrored = 1, visibility = @visibility where id = @id;
                update repository_name set public = @visibility where namespace_id = @id and public <> @visibility
                  and repository_id in (select id from repository where namespace_id = @id and visibility is null)
                """,
                new { id, visibility = isPublic ? 1L : 0L });
            return true;
        },
        cancellationToken);

    /// <summary>The upstream has been asked, and the tag is still what it was.</summary>
    public Task TouchAsync(RepositoryName name, Tag tag, CancellationToken cancellationToken) => database.WriteAsync(
        session => session.ExecuteAsync(
            """
            update tag set checked_at = now_ms()
            where name = @tag and repository_id = (select repository_id from repository_name where name = @name)
            """,
            new { name = name.Value, tag = tag.Value }),
        Durability.Relaxed,
        cancellationToken);

    /// <summary>
    /// Shows a blob that another repository of the same upstream has, where a manifest of this one names it. False when it has to be
    /// fetched.
    /// </summary>
    public Task<bool> LinkAsync(RepositoryName name, Digest digest, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            // The blob's row is locked before anything is asked about it, as everywhere: from here on collection waits.
            var key = digest.Key;
            var id = await session.FirstAsync<long?>($"select id from blob where digest = @key {database.Dialect.ForKeyShare}", new { key });
            var repositoryId = id is null ? null : await session.FirstAsync<long?>(
                """
                select n.repository_id from repository_name n join manifest_edge e on e.repository_id = n.repository_id and e.digest = @key
                where n.name = @name and exists
                  (select 1 from repository_blob l join repository r on r.id = l.repository_id where l.blob_id = @id and r.namespace_id = n.namespace_id)
                limit 1
                """,
                new { name = name.Value, key, id });
            if (repositoryId is null)
            {
                return false;
            }

            await BlobStore.LinkAsync(session, repositoryId.Value, id!.Value, key, options);
            return true;
        },
        cancellationToken);

    /// <summary>Whether a manifest of the repository names a digest.</summary>
    public async Task<bool> NamesAsync(RepositoryName name, Digest digest, CancellationToken cancellationToken)
    {
        await using var session = await database.ReadAsync(cancellationToken);
        return await session.FirstAsync<long?>(
            """
            select 1 from repository_name n join manifest_edge e on e.repository_id = n.repository_id and e.digest = @key
            where n.name = @name limit 1
            """,
            new { name = name.Value, key = digest.Key }) is not null;
    }

    /// <summary>How many bytes a manifest of the repository says that a blob has; null when none names it.</summary>
    public async Task<long?> FindSizeAsync(RepositoryName name, Digest digest, CancellationToken cancellationToken)
    {
        await using var session = await database.ReadAsync(cancellationToken);
        var content = await session.FirstAsync<byte[]>(
            """
            select m.content from repository_name n join manifest_edge e on e.repository_id = n.repository_id and e.digest = @key
            join manifest m on m.id = e.manifest_id
            where n.name = @name limit 1
            """,
            new { name = name.Value, key = digest.Key });
        return content is null ? null : ManifestDescriptors.SizeOf(content, digest);
    }

    /// <summary>Whether one of some images is here with all that belongs to it.</summary>
    public async Task<bool> HasCompleteAsync(RepositoryName name, IReadOnlyCollection<Digest> images, CancellationToken cancellationToken)
    {
        await using var session = await database.ReadAsync(cancellationToken);
        return await session.FirstAsync<long?>(
            $"""
            select 1 from repository_name n join manifest m on m.repository_id = n.repository_id
            where n.name = @name and {database.Dialect.In("m.digest", "@images")} and m.deleted_at is null and not exists
              (select 1 from manifest_edge e where e.repository_id = m.repository_id and e.manifest_id = m.id and e.blob_id is null and e.kind in (1, 2))
            limit 1
            """,
            new { name = name.Value, images = images.Select(image => image.Key).ToArray() }) is not null;
    }

    // Only names that have been read once are in the database.
    internal static RepositoryName NameOf(string text) =>
        RepositoryName.TryParse(text, out var name) ? name : throw new InvalidOperationException($"{text} is no repository name");
}
