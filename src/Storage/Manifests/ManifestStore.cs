using System.Data;
using System.Data.Common;
using Registry.Storage.Metadata;
using Registry.Storage.Oci;
using Registry.Storage.Repositories;

namespace Registry.Storage.Manifests;

/// <summary>The manifests of repositories, with what they name.</summary>
public sealed class ManifestStore(Database database, StorageOptions options)
{
    // One row always: with nulls where there is no such manifest, or no such repository.
    private const string Tagged =
        $"""
        {RepositoryFacts.From}
        left join tag t on t.repository_id = {RepositoryFacts.Readable} and t.name = @reference
        left join manifest m on m.id = t.manifest_id
        """;

    private const string Named =
        $"""
        {RepositoryFacts.From}
        left join manifest m on m.repository_id = {RepositoryFacts.Readable} and m.digest = @reference and m.deleted_at is null
        """;

    private const string Head = $"select {RepositoryFacts.Columns}, m.digest, m.media_type, m.size";

    private const string ByTag = $"{Head}, t.checked_at, m.content {Tagged}";
    private const string ByDigest = $"{Head}, null, m.content {Named}";
    private const string HeadByTag = $"{Head}, t.checked_at {Tagged}";
    private const string HeadByDigest = $"{Head}, null {Named}";

    /// <summary>The manifest a tag points to, or null.</summary>
    /// <exception cref="OciException">NAME_UNKNOWN: there is no such repository.</exception>
    public ValueTask<StoredManifest?> FindAsync(
        Asker asker, RepositoryName name, Tag tag, bool withContent, CancellationToken cancellationToken) =>
        FindAsync(withContent ? ByTag : HeadByTag, asker, name, tag.Value, withContent, cancellationToken);

    /// <summary>The manifest of a digest, or null.</summary>
    /// <exception cref="OciException">NAME_UNKNOWN: there is no such repository.</exception>
    public ValueTask<StoredManifest?> FindAsync(
        Asker asker, RepositoryName name, Digest digest, bool withContent, CancellationToken cancellationToken) =>
        FindAsync(withContent ? ByDigest : HeadByDigest, asker, name, digest.Key, withContent, cancellationToken);

    /// <summary>Stores a manifest and moves tags to it, all or nothing. Storing what is there already is success.</summary>
    /// <exception cref="OciException">
    /// MANIFEST_BLOB_UNKNOWN: it names something that the repository does not show. DENIED (412): a tag is not what the
    /// condition asks for.
    /// </exception>
    public Task PutAsync(Asker asker, RepositoryName name, Manifest manifest, TagChange change, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async session =>
            {
                var put = new ManifestPut(session, database.Dialect, options, manifest, change);
                await put.RunAsync(asker, name);
                return 0;
            },
            cancellationToken);

    /// <summary>
    /// Takes a manifest, and every tag that points to it, out of sight. Its row, and so what it names, stays until collection
    /// has come to it. False when it is not there.
    /// </summary>
    public Task<bool> DeleteAsync(Asker asker, RepositoryName name, Digest digest, Origin origin, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async session =>
            {
                var facts = await RepositoryFacts.FindAsync(session, name, asker);
                await asker.AuthorizeAsync(session, name, facts);
                var row = await session.FirstAsync<ManifestRow>(
                    """
                    update manifest set deleted_at = now_ms()
                    where repository_id = @Id and digest = @key and deleted_at is null
                    returning repository_id as RepositoryId, id as Id
                    """,
                    new { facts.Id, key = digest.Key });
                if (row is null)
                {
                    return false;
                }

                // Locked first: a tag that is moving away meanwhile is waited for, and is then no longer among them.
                await session.ExecuteAsync(
                    $"""
                    select name from tag where repository_id = @RepositoryId and manifest_id = @Id {database.Dialect.ForUpdate};
                    insert into tag_event (repository_id, tag, old_digest, actor, address, created_at)
                    select repository_id, name, @key, @Actor, @Address, now_ms() from tag
                    where repository_id = @RepositoryId and manifest_id = @Id;
                    delete from tag where repository_id = @RepositoryId and manifest_id = @Id
                    """,
                    new { row.RepositoryId, row.Id, key = digest.Key, origin.Actor, origin.Address });
                var delay = options.Window + options.Grace;
                await EnqueueAsync(session, row.RepositoryId, row.Id, delay);
                if (delay == TimeSpan.Zero)
                {
                    await session.ExecuteAsync(Wakeups.WakeCollection(database.Dialect));
                }

                return true;
            },
            cancellationToken);

    /// <summary>Has collection look at a manifest after <paramref name="delay"/>, not before an earlier wish for later.</summary>
    internal static Task EnqueueAsync(Session session, long repositoryId, long manifestId, TimeSpan delay) => session.ExecuteAsync(
        """
        insert into manifest_queue (manifest_id, repository_id, due_at) values (@manifestId, @repositoryId, now_ms() + @delay)
        on conflict (manifest_id) do update set version = manifest_queue.version + 1,
          due_at = case when manifest_queue.due_at > excluded.due_at then manifest_queue.due_at else excluded.due_at end
        """,
        new { repositoryId, manifestId, delay = (long)delay.TotalMilliseconds });

    private async ValueTask<StoredManifest?> FindAsync(
        string sql, Asker asker, RepositoryName name, object reference, bool withContent, CancellationToken cancellationToken)
    {
        await using var session = await database.ReadAsync(cancellationToken);
        for (var reads = asker.ExpectsToPull(name); ; reads = true)
        {
            var command = session.Prepare(
                sql, ("name", name.Value), ("reference", reference), ("credential", asker.Credential), ("reads", reads ? 1L : 0L));
            RepositoryFacts facts;
            StoredManifest? manifest;
            await using (var reader = await command.ExecuteReaderAsync(CommandBehavior.SingleRow, cancellationToken))
            {
                await reader.ReadAsync(cancellationToken);
                facts = RepositoryFacts.Read(reader);
                manifest = reader.IsDBNull(RepositoryFacts.Count) ? null : Read(reader, withContent);
            }

            await asker.AuthorizeAsync(session, name, facts);
            if (facts.IsWhole(reads))
            {
                return facts.Id is null ? throw new OciException(OciError.NameUnknown, details: [name.Value]) : manifest;
            }
        }
    }

    private static StoredManifest Read(DbDataReader reader, bool withContent) => new(
        Digest.FromKey((byte[])reader.GetValue(RepositoryFacts.Count)),
        reader.GetString(RepositoryFacts.Count + 1),
        reader.GetInt64(RepositoryFacts.Count + 2),
        withContent ? (byte[])reader.GetValue(RepositoryFacts.Count + 4) : null,
        reader.IsDBNull(RepositoryFacts.Count + 3) ? null : reader.GetInt64(RepositoryFacts.Count + 3));

    private sealed record ManifestRow(long RepositoryId, long Id);
}
