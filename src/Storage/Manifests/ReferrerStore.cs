using Registry.Storage.Metadata;
using Registry.Storage.Oci;

namespace Registry.Storage.Manifests;

/// <summary>The manifests that name another one as their subject (distribution-spec, "Listing Referrers").</summary>
public sealed class ReferrerStore(Database database)
{
    /// <summary>
    /// The descriptors of a page of referrers after <paramref name="last"/>, by digest, at most one more than
    /// <paramref name="count"/>. Empty when there is no such repository.
    /// </summary>
    /// <param name="name">The repository.</param>
    /// <param name="subject">The manifest they are about, stored or not.</param>
    /// <param name="artifactTypes">The types to list; empty for all.</param>
    /// <param name="last">The last digest of the page before, or null.</param>
    /// <param name="count">The size of the page.</param>
    /// <param name="cancellationToken">Fires when the client has gone.</param>
    public async Task<IReadOnlyList<Referrer>> ListAsync(
        RepositoryName name, Digest subject, string[] artifactTypes, Digest? last, int count, CancellationToken cancellationToken)
    {
        var sql = $"""
            select digest as DigestKey, referrer as Descriptor from manifest
            where repository_id = (select repository_id from repository_name where name = @name) and subject = @subject
              and digest > @last and deleted_at is null {(artifactTypes.Length > 0 ? "and " + database.Dialect.In("artifact_type", "@artifactTypes") : string.Empty)}
            order by digest limit @limit
            """;
        await using var session = await database.ReadAsync(cancellationToken);
        return await session.QueryAsync<Referrer>(
            sql, new { name = name.Value, subject = subject.Key, artifactTypes, last = last?.Key ?? [], limit = count + 1 });
    }
}

/// <summary>One referrer.</summary>
/// <param name="DigestKey">The key of its digest.</param>
/// <param name="Descriptor">Its descriptor as JSON.</param>
public sealed record Referrer(byte[] DigestKey, byte[] Descriptor);
