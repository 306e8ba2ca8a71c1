using System.Buffers;
using Registry.Storage.Metadata;
using Registry.Storage.Oci;

namespace Registry.Storage.Objects.S3;

/// <summary>
/// Objects in a bucket. An upload goes straight to its final key: as one put when it is small, else as a multipart upload whose
/// parts are rows, so that any replica can go on with it. Nothing is copied, renamed or listed on the way.
/// <code>
/// [prefix/]objects/ab/ab3f…     by the first two of 32 hex digits: the object id
/// </code>
/// </summary>
public sealed class S3ObjectStore : IObjectStore, IDisposable
{
    private readonly S3Bucket bucket;
    private readonly Database database;
    private readonly PartBuffers buffers;
    private readonly string spools;
    private readonly GrowingObjects growing;
    private readonly string prefix;

    /// <summary>Makes a client for the bucket; nothing is sent yet.</summary>
    /// <param name="options">The bucket.</param>
    /// <param name="database">Keeps the parts of uploads.</param>
    /// <param name="spools">The folder for what is followed on its way to the bucket.</param>
    /// <param name="growing">Is told of that.</param>
    public S3ObjectStore(S3Options options, Database database, string spools, GrowingObjects growing)
    {
        (this.database, this.spools, this.growing) = (database, spools, growing);
        bucket = new S3Bucket(options);
        buffers = new PartBuffers(options.Buffers);
        prefix = options.Prefix.Length > 0 ? $"{options.Prefix}/objects/" : "objects/";
    }

    /// <inheritdoc/>
    public Task CheckAsync(CancellationToken cancellationToken) => bucket.CheckAsync(prefix, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<ObjectState?> FindStateAsync(Session session, ObjectId id, bool isFresh)
    {
        if (isFresh)
        {
            return ObjectState.None;
        }

        var row = await session.FirstAsync<MultipartRow>(
            """
            select m.multipart_id as Id, m.next_part as NextPart, m.completing as Completing,
              coalesce((select max(p.number) from multipart_part p where p.object_id = m.object_id), 0) as LastPart,
              coalesce((select max(p.position + p.size) from multipart_part p where p.object_id = m.object_id), 0) as End
            from multipart m where m.object_id = @Key
            """,
            new { id.Key });

        // Completed perhaps, with content that was right for a close whose end nobody has seen: no other may follow it.
        return row is not { Completing: 1 }
            ? row is null ? null : new MultipartState(row.Id, row.LastPart, row.NextPart, row.End)
            : throw new OciException(OciError.BlobUploadUnknown, "the upload was being closed when its server was lost: start again");
    }

    /// <inheritdoc/>
    public IObjectWriter OpenWriter(ObjectId id, ObjectState state, Guid upload, long position, long? expected, bool isFollowed) =>
        new S3ObjectWriter(
            new MultipartUpload(bucket, database, id, KeyOf(id), state as MultipartState),
            new UploadTail(database, upload),
            buffers,
            isFollowed ? Spool.TryBegin(spools, id, position, expected, growing) : null,
            position,
            expected);

    /// <inheritdoc/>
    public Task WriteWholeAsync(ObjectId id, ReadOnlySequence<byte> content)
    {
        var pieces = new List<ReadOnlyMemory<byte>>();
        foreach (var piece in content)
        {
            pieces.Add(piece);
        }

        return bucket.PutAsync(KeyOf(id), new PartStream(pieces, content.Length));
    }

    /// <inheritdoc/>
    public async ValueTask<ObjectContent?> OpenReadAsync(ObjectId id, long from, long length, CancellationToken cancellationToken)
    {
        var content = new S3Content(bucket, KeyOf(id));
        return length == 0 || await content.TryOpenAsync(from, length, cancellationToken) ? content : null;
    }

    /// <inheritdoc/>
    public Uri? FindAddress(ObjectId id) => bucket.AddressOf(KeyOf(id));

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ObjectId>> DeleteAsync(IReadOnlyList<CondemnedObject> objects, CancellationToken cancellationToken)
    {
        if (objects.Count == 0)
        {
            return [];
        }

        var ready = new List<ObjectId>(objects.Count);
        foreach (var condemned in objects)
        {
            // One of several parts may have been begun twice and completed once (D9), if the second begin was late.
            if (condemned.Size < PartSize.Least || await bucket.TryAbortAsync(KeyOf(condemned.Id), cancellationToken))
            {
                ready.Add(condemned.Id);
            }
        }

        var refused = await bucket.DeleteAsync([.. ready.Select(KeyOf)], cancellationToken);
        return [.. ready.Where(id => !refused.Contains(KeyOf(id)))];
    }

    /// <inheritdoc/>
    public void Dispose() => bucket.Dispose();

    /// <summary>What brings an object here from another store.</summary>
    internal S3Import Import(ObjectId id, long size) => new(bucket, KeyOf(id), size);

    private string KeyOf(ObjectId id)
    {
        var name = id.ToString();
        return string.Concat(prefix, name.AsSpan(0, 2), "/", name);
    }

    private sealed record MultipartRow(string Id, long NextPart, long Completing, long LastPart, long End);
}

/// <summary>A multipart upload that has been begun.</summary>
/// <param name="Id">What the store calls it.</param>
/// <param name="LastPart">The number of the last recorded part; 0 for none.</param>
/// <param name="NextPart">The first part number that nobody can have used.</param>
/// <param name="End">Where the last recorded part ends.</param>
internal sealed record MultipartState(string Id, long LastPart, long NextPart, long End) : ObjectState;
