using Registry.Storage.Metadata;
using Registry.Storage.Oci;
using Registry.Storage.Repositories;

namespace Registry.Storage.Manifests;

/// <summary>The manifests that name another one as their subject (distribution-spec, "Listing Referrers").</summary>
public sealed class ReferrerStore(Database database)
{
    /// <summary>
    /// The descriptors of a page of referrers after <paramref name="last"/>, by digest, at most one more than
    /// <paramref name="count"/>. Empty when there is no such repository.
    /// </summary>
    /// <param name="asker">Who asks.</param>
    /// <param name="name">The repository.</param>
    /// <param name="subject">The manifest they are about, stored or not.</param>
    /// <param name="artifactTypes">The types to list; empty for all.</param>
    /// <param name="last">The last digest of the page before, or null.</param>
    /// <param name="count">The size of the page.</param>
    /// <param name="cancellationToken">Fires when the client has gone.</param>
    public async Task<IReadOnlyList<Referrer>> ListAsync(
        Asker asker, RepositoryName name, Digest subject, string[] artifactTypes, Digest? last, int count, CancellationToken cancellationToken)
    {
        var sql = $"""
            select {RepositoryFacts.Columns}, r.digest as DigestKey, r.referrer as Descriptor
            {RepositoryFacts.From}
            left join (select repository_id, digest, referrer from manifest
                       where repository_id = (select {RepositoryFacts.Readable} from repository_name n where n.name = @name) and subject = @subject
                         and digest > @last and deleted_at is null {(artifactTypes.Length > 0 ? "and " + database.Dialect.In("artifact_type", "@artifactTypes") : string.Empty)}
                       order by digest limit @limit) r on r.repository_id = n.repository_id
            order by r.digest
            """;
        await using var session = await database.ReadAsync(cancellationToken);
        for (var reads = asker.ExpectsToPull(name); ; reads = true)
        {
            var rows = await session.QueryAsync<Row>(
                sql,
                new
                {
                    name = name.Value,
                    subject = subject.Key,
                    artifactTypes,
                    last = last?.Key ?? [],
                    limit = count + 1,
                    credential = asker.Credential,
                    reads = reads ? 1L : 0L,
                });
            await asker.AuthorizeAsync(session, name, rows[0].Facts);
            if (rows[0].Facts.IsWhole(reads))
            {
                return rows.Where(row => row.DigestKey is not null).Select(row => new Referrer(row.DigestKey!, row.Descriptor!)).ToList();
            }
        }
    }

    private sealed record Row(long? Id, long? Listed, long? Public, long? CreatedAt, long Standing, byte[]? DigestKey, byte[]? Descriptor)
        : RepositoryFacts.Row(Id, Listed, Public, CreatedAt, Standing);
}

/// <summary>One referrer.</summary>
/// <param name="DigestKey">The key of its digest.</param>
/// <param name="Descriptor">Its descriptor as JSON.</param>
public sealed record Referrer(byte[] DigestKey, byte[] Descriptor);
