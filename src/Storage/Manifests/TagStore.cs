using Registry.Storage.Metadata;
using Registry.Storage.Oci;

namespace Registry.Storage.Manifests;

/// <summary>The tags of repositories.</summary>
public sealed class TagStore(Database database, StorageOptions options)
{
    /// <summary>A page of tags after <paramref name="last"/>, in byte order, at most one more than <paramref name="count"/>.</summary>
    /// <returns>The tags; null when there is no such repository.</returns>
    public async Task<IReadOnlyList<string>?> ListAsync(RepositoryName name, string last, int count, CancellationToken cancellationToken)
    {
        await using var session = await database.ReadAsync(cancellationToken);
        var rows = await session.QueryAsync<string?>(
            """
            select t.name from repository_name n
            left join (select repository_id, name from tag
                       where repository_id = (select repository_id from repository_name where name = @name) and name > @last
                       order by name limit @limit) t on t.repository_id = n.repository_id
            where n.name = @name order by t.name
            """,
            new { name = name.Value, last, limit = count + 1 });

        // One row without a tag: the repository is there, and there is nothing after "last".
        return rows.Count == 0 ? null : rows.OfType<string>().ToList();
    }

    /// <summary>Removes one tag; what it pointed to stays. False when there is no such tag.</summary>
    public Task<bool> DeleteAsync(RepositoryName name, Tag tag, Origin origin, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async session =>
            {
                var row = await session.FirstAsync<TagRow>(
                    """
                    delete from tag where name = @tag
                      and repository_id = (select repository_id from repository_name where name = @name)
                    returning repository_id as RepositoryId, manifest_id as ManifestId
                    """,
                    new { name = name.Value, tag = tag.Value });
                if (row is null)
                {
                    return false;
                }

                await session.ExecuteAsync(
                    """
                    insert into tag_event (repository_id, tag, old_digest, actor, address, created_at)
                    select @RepositoryId, @tag, digest, @Actor, @Address, now_ms() from manifest where id = @ManifestId
                    """,
                    new { row.RepositoryId, tag = tag.Value, row.ManifestId, origin.Actor, origin.Address });
                if (options.CollectUntagged)
                {
                    await ManifestStore.EnqueueAsync(session, row.RepositoryId, row.ManifestId, options.Grace);
                }

                return true;
            },
            cancellationToken);

    private sealed record TagRow(long RepositoryId, long ManifestId);
}
