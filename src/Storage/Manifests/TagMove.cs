using Registry.Storage.Metadata;
using Registry.Storage.Oci;

namespace Registry.Storage.Manifests;

/// <summary>The move of one tag within a transaction: the condition holds at the moment of the move, and the event is recorded.</summary>
internal sealed class TagMove(Session session, Dialect dialect, StorageOptions options, long repositoryId, Tag tag, TagChange change)
{
    public async Task ToAsync(long manifestId, Digest digest)
    {
        while (true)
        {
            var current = await CurrentAsync();
            var currentDigest = current is null ? default(Digest?) : Digest.FromKey(current.Digest);
            if (change.Condition?.Allows(currentDigest) == false)
            {
                var found = currentDigest is { } other ? $"points to {other}" : "does not exist";
                throw new OciException(OciError.PreconditionFailed, $"tag {tag} {found}", [tag.Value]);
            }

            if (current?.ManifestId == manifestId)
            {
                return;
            }

            if (current is null ? await InsertAsync(manifestId) : await UpdateAsync(manifestId))
            {
                await RecordAsync(currentDigest, digest);
                await ReviewAsync(current?.ManifestId);
                return;
            }

            // Somebody else made the tag between the two statements: look again.
        }
    }

    private Task<TagRow?> CurrentAsync() => session.FirstAsync<TagRow>(
        $"""
        select t.manifest_id as ManifestId, m.digest as Digest from tag t join manifest m on m.id = t.manifest_id
        where t.repository_id = @repositoryId and t.name = @name {dialect.ForUpdateOf("t")}
        """,
        new { repositoryId, name = tag.Value });

    private async Task<bool> InsertAsync(long manifestId) => await session.ExecuteAsync(
        """
        insert into tag (repository_id, name, manifest_id, updated_at) values (@repositoryId, @name, @manifestId, now_ms())
        on conflict (repository_id, name) do nothing
        """,
        new { repositoryId, name = tag.Value, manifestId }) == 1;

    private async Task<bool> UpdateAsync(long manifestId) => await session.ExecuteAsync(
        "update tag set manifest_id = @manifestId, updated_at = now_ms() where repository_id = @repositoryId and name = @name",
        new { repositoryId, name = tag.Value, manifestId }) == 1;

    private Task RecordAsync(Digest? from, Digest to) => session.ExecuteAsync(
        """
        insert into tag_event (repository_id, tag, old_digest, new_digest, actor, address, created_at)
        values (@repositoryId, @name, @from, @to, @Actor, @Address, now_ms())
        """,
        new { repositoryId, name = tag.Value, from = from?.Key, to = to.Key, change.Origin.Actor, change.Origin.Address });

    // The manifest that has lost the tag may be untagged now.
    private Task ReviewAsync(long? oldManifestId) => options.CollectUntagged && oldManifestId is { } id
        ? ManifestStore.EnqueueAsync(session, repositoryId, id, options.Grace)
        : Task.CompletedTask;

    private sealed record TagRow(long ManifestId, byte[] Digest);
}
