using System.Buffers;
using Registry.Storage.Blobs;
using Registry.Storage.Metadata;
using Registry.Storage.Objects;
using Registry.Storage.Oci;
using Registry.Storage.Repositories;

namespace Registry.Storage.Uploads;

/// <summary>Small content that has come whole and is verified before anything is written.</summary>
public sealed class WholeUploadStore(Database database, IObjectStore objects, ObjectReserve reserve, StorageOptions options)
{
    /// <summary>The largest body, in bytes, that is taken whole before anything is written.</summary>
    public const long Limit = 64 << 10;

    /// <summary>
    /// Ends a session nobody has written to with its whole, verified content: one commit instead of a claim and a close.
    /// False when it is no such session; then nothing has happened.
    /// </summary>
    public async Task<bool> CloseWholeAsync(Asker asker, RepositoryName name, Guid id, Digest digest, ReadOnlySequence<byte> content)
    {
        var objectId = await WriteWholeAsync(content);
        var closed = await database.WriteAsync(
            async session =>
            {
                var key = digest.Key;
                var row = await session.FirstAsync<ClosedRow>(
                    $"""
                    update upload set result_digest = @key, position = @size, expires_at = now_ms() + @answered
                    where id = @id and coalesce(subject_id, 0) = @subject and result_digest is null and object_id is null and position = 0
                      and expires_at > now_ms()
                      and repository_id = (select repository_id from repository_name where name = @name)
                    returning repository_id as RepositoryId, {RepositoryFacts.StandingColumn} as Standing
                    """,
                    new
                    {
                        id = id.ToByteArray(),
                        name = name.Value,
                        key,
                        size = content.Length,
                        answered = UploadStore.AnsweredFor(options),
                        subject = asker.Subject,
                        credential = asker.Credential,
                    });
                await UploadStore.AuthorizeAsync(asker, session, name, row);
                if (row is not null)
                {
                    await BlobStore.StoreAsync(session, row.RepositoryId, key, objectId, content.Length, options);
                }

                return row is not null;
            },
            CancellationToken.None);
        if (!closed)
        {
            await objects.DeleteAsync([new CondemnedObject(objectId, content.Length)], CancellationToken.None);
        }

        return closed;
    }

    /// <summary>Stores whole, verified content without a session (distribution-spec, "Single POST").</summary>
    public async Task StoreWholeAsync(Asker asker, RepositoryName name, Digest digest, ReadOnlySequence<byte> content)
    {
        var objectId = await WriteWholeAsync(content);
        await database.WriteAsync(
            async session =>
            {
                var repositoryId = await RepositoryStore.OpenAsync(session, database.Dialect, name, asker);
                await BlobStore.StoreAsync(session, repositoryId, digest.Key, objectId, content.Length, options);
                return 0;
            },
            CancellationToken.None);
    }

    // What comes to nothing after this is condemned with all that was reserved and not used.
    private async Task<ObjectId> WriteWholeAsync(ReadOnlySequence<byte> content)
    {
        var objectId = (await reserve.TakeAsync()).Id;
        await objects.WriteWholeAsync(objectId, content);
        return objectId;
    }
}
