using Registry.Storage.Metadata;
using Registry.Storage.Oci;

namespace Registry.Storage.Mirror;

/// <summary>
/// How much is kept of an upstream, and what nobody has pulled for longest. Only manifests are evicted: their blobs go with the
/// collection, when no other manifest, of whatever repository, names them.
/// </summary>
public sealed class EvictionStore(Database database)
{
    private const string Visible =
        "select m.id, m.size from repository_name n join manifest m on m.repository_id = n.repository_id and m.deleted_at is null where n.namespace_id = s.id";

    /// <summary>The bytes of all manifests of an upstream that can be seen, and of the blobs that they name, each once.</summary>
    public async Task<long> SizeAsync(string alias, CancellationToken cancellationToken)
    {
        await using var session = await database.ReadAsync(cancellationToken);
        return await session.FirstAsync<long?>(
            $"""
            select cast(coalesce((select sum(v.size) from ({Visible}) v), 0) + coalesce((select sum(b.size) from blob b where b.id in
              (select e.blob_id from manifest_edge e where e.blob_id is not null and e.manifest_id in (select v.id from ({Visible}) v))), 0) as bigint)
            from namespace s where s.name = @alias
            """,
            new { alias }) ?? 0;
    }

    /// <summary>The images of an upstream in the order in which they would go, each with what would be freed: an index before its images.</summary>
    public async Task<IReadOnlyList<Victim>> OldestAsync(string alias, int count, CancellationToken cancellationToken)
    {
        await using var session = await database.ReadAsync(cancellationToken);
        var rows = await session.QueryAsync<Row>(
            """
            select c.name as Name, c.digest as Digest, c.size as Size, c.id as Id from
              (select n.name, m.digest, m.size, m.id, coalesce(p.pulled_at, m.created_at) as own,
                 coalesce((select max(q.pulled_at) from manifest_edge e join manifest_pull q on q.manifest_id = e.child_id
                           where e.repository_id = m.repository_id and e.manifest_id = m.id), 0) as children
               from namespace s join repository_name n on n.namespace_id = s.id
               join manifest m on m.repository_id = n.repository_id and m.deleted_at is null
               left join manifest_pull p on p.manifest_id = m.id
               where s.name = @alias and not exists
                 (select 1 from manifest_edge e join manifest parent on parent.id = e.manifest_id where e.child_id = m.id and parent.deleted_at is null)) c
            order by case when c.children > c.own then c.children else c.own end, c.id limit @count
            """,
            new { alias, count });
        var victims = new List<Victim>();
        foreach (var row in rows)
        {
            victims.Add(new Victim(MirrorStore.NameOf(row.Name), Oci.Digest.FromKey(row.Digest), row.Size + await FreedAsync(session, row.Id)));
        }

        return victims;
    }

    // What no other manifest that can be seen names.
    private static async Task<long> FreedAsync(Session session, long manifest) => await session.FirstAsync<long?>(
        """
        select cast(sum(b.size) as bigint) from blob b where b.id in (select e.blob_id from manifest_edge e where e.manifest_id = @manifest)
          and not exists (select 1 from manifest_edge o join manifest m on m.id = o.manifest_id
                          where o.blob_id = b.id and o.manifest_id <> @manifest and m.deleted_at is null)
        """,
        new { manifest }) ?? 0;

    private sealed record Row(string Name, byte[] Digest, long Size, long Id);
}

/// <summary>An image that would go.</summary>
/// <param name="Name">Its repository.</param>
/// <param name="Digest">Its manifest.</param>
/// <param name="Freed">The bytes that only it keeps.</param>
public sealed record Victim(RepositoryName Name, Digest Digest, long Freed);
