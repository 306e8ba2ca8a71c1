using Registry.Storage.Metadata;
using Registry.Storage.Oci;
using Registry.Storage.Repositories;

namespace Registry.Storage.Manifests;

/// <summary>The tags of repositories.</summary>
public sealed class TagStore(Database database, StorageOptions options)
{
    // At least one row, without a tag where there is nothing after "last".
    private const string List =
        $"""
        select {RepositoryFacts.Columns}, t.name {RepositoryFacts.From}
        left join (select repository_id, name from tag
                   where repository_id = (select {RepositoryFacts.Readable} from repository_name n where n.name = @name) and name > @last
                   order by name limit @limit) t on t.repository_id = n.repository_id
        order by t.name
        """;

    /// <summary>A page of tags after <paramref name="last"/>, in byte order, at most one more than <paramref name="count"/>.</summary>
    /// <returns>The tags; null when there is no such repository.</returns>
    public async Task<IReadOnlyList<string>?> ListAsync(
        Asker asker, RepositoryName name, string last, int count, CancellationToken cancellationToken)
    {
        await using var session = await database.ReadAsync(cancellationToken);
        for (var reads = asker.ExpectsToPull(name); ; reads = true)
        {
            var command = session.Prepare(
                List, ("name", name.Value), ("last", last), ("limit", (long)count + 1), ("credential", asker.Credential), ("reads", reads ? 1L : 0L));
            var tags = new List<string>();
            RepositoryFacts facts = default;
            await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
            {
                while (await reader.ReadAsync(cancellationToken))
                {
                    facts = RepositoryFacts.Read(reader);
                    if (!reader.IsDBNull(RepositoryFacts.Count))
                    {
                        tags.Add(reader.GetString(RepositoryFacts.Count));
                    }
                }
            }

            await asker.AuthorizeAsync(session, name, facts);
            if (facts.IsWhole(reads))
            {
                return facts.Id is null ? null : tags;
            }
        }
    }

    /// <summary>Removes one tag; what it pointed to stays. False when there is no such tag.</summary>
    public Task<bool> DeleteAsync(Asker asker, RepositoryName name, Tag tag, Origin origin, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async session =>
            {
                var facts = await RepositoryFacts.FindAsync(session, name, asker);
                await asker.AuthorizeAsync(session, name, facts);
                var row = await session.FirstAsync<TagRow>(
                    """
                    delete from tag where name = @tag and repository_id = @Id
                    returning repository_id as RepositoryId, manifest_id as ManifestId
                    """,
                    new { facts.Id, tag = tag.Value });
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
