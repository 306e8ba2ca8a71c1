using Registry.Storage.Metadata;
using Registry.Storage.Oci;
using Registry.Storage.Repositories;

namespace Registry.Storage.Manifests;

/// <summary>The move of one tag within a transaction: the condition holds at the moment of the move, and the event is recorded.</summary>
internal sealed class TagMove(
    Session session, Dialect dialect, StorageOptions options, Asker asker, long repositoryId, Tag tag, TagChange change)
{
    public async Task ToAsync(long manifestId, Digest digest)
    {
        while (true)
        {
            var current = await CurrentAsync();
            await CheckAsync(current);
            if (current == manifestId)
            {
                return;
            }

            if (current is not null && !asker.MayOverwrite)
            {
                throw new OciException(OciError.Denied, $"tag {tag} exists, and you may not move it to another manifest", [tag.Value]);
            }

            if (current is null ? await InsertAsync(manifestId) : await UpdateAsync(manifestId))
            {
                await RecordAsync(current, digest);
                await ReviewAsync(current);
                return;
            }

            // Somebody else made the tag between the two statements: look again.
        }
    }

    // Locked alone: joined to its manifest, a tag that was moved while this waited would not be found at all.
    private Task<long?> CurrentAsync() => session.FirstAsync<long?>(
        $"select manifest_id from tag where repository_id = @repositoryId and name = @name {dialect.ForUpdate}",
        new { repositoryId, name = tag.Value });

    private async Task CheckAsync(long? current)
    {
        if (change.Condition is not { } condition)
        {
            return;
        }

        var digest = current is null
            ? default(Digest?)
            : Digest.FromKey((await session.FirstAsync<byte[]>("select digest from manifest where id = @current", new { current }))!);
        if (!condition.Allows(digest))
        {
            var found = digest is { } other ? $"points to {other}" : "does not exist";
            throw new OciException(OciError.PreconditionFailed, $"tag {tag} {found}", [tag.Value]);
        }
    }

    private async Task<bool> InsertAsync(long manifestId) => await session.ExecuteAsync(
        """
        insert into tag (repository_id, name, manifest_id, updated_at) values (@repositoryId, @name, @manifestId, now_ms())
        on conflict (repository_id, name) do nothing
        """,
        new { repositoryId, name = tag.Value, manifestId }) == 1;

    private async Task<bool> UpdateAsync(long manifestId) => await session.ExecuteAsync(
        "update tag set manifest_id = @manifestId, updated_at = now_ms() where repository_id = @repositoryId and name = @name",
        new { repositoryId, name = tag.Value, manifestId }) == 1;

    private Task RecordAsync(long? from, Digest to) => session.ExecuteAsync(
        """
        insert into tag_event (repository_id, tag, old_digest, new_digest, actor, address, created_at)
        values (@repositoryId, @name, (select digest from manifest where id = @from), @to, @Actor, @Address, now_ms())
        """,
        new { repositoryId, name = tag.Value, from, to = to.Key, change.Origin.Actor, change.Origin.Address });

    // The manifest that has lost the tag may be untagged now.
    private Task ReviewAsync(long? oldManifestId) => options.CollectUntagged && oldManifestId is { } id
        ? ManifestStore.EnqueueAsync(session, repositoryId, id, options.Grace)
        : Task.CompletedTask;
}
