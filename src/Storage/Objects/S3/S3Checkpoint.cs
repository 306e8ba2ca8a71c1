using Registry.Storage.Metadata;

namespace Registry.Storage.Objects.S3;

/// <summary>Parts that the store has, and the rest, which becomes rows.</summary>
internal sealed class S3Checkpoint(
    long position,
    byte[]? hashState,
    MultipartUpload multipart,
    IReadOnlyList<MultipartPart> parts,
    UploadTail tail,
    IReadOnlyList<PartBuffer> rest,
    CheckpointReach reach) : Checkpoint(position, hashState)
{
    public override bool LeavesKeyUnused => reach is CheckpointReach.End && !multipart.IsBegun;

    internal override async Task RecordAsync(Session session)
    {
        await multipart.RecordAsync(session, parts, reach is CheckpointReach.End);
        foreach (var buffer in rest)
        {
            await tail.AddAsync(session, buffer, Position);
        }

        // Not earlier: a request that is taken back leaves the rows it found.
        if (reach is CheckpointReach.End && multipart.End > 0)
        {
            await tail.DropBeforeAsync(session, multipart.End);
        }
    }

    internal override void Recorded()
    {
        foreach (var buffer in rest)
        {
            buffer.Dispose();
        }
    }
}

/// <summary>What a request has brought does not count.</summary>
internal sealed class S3Reversion(long position, byte[]? hashState, MultipartUpload multipart, UploadTail tail) : Checkpoint(position, hashState)
{
    public override bool LeavesKeyUnused => !multipart.IsBegun;

    internal override async Task RecordAsync(Session session)
    {
        await multipart.RevertAsync(session, Position);
        await tail.DropFromAsync(session, Position);
    }
}

/// <summary>The object is complete: its rows have done their work.</summary>
internal sealed class S3Completion(long position, MultipartUpload multipart, UploadTail tail) : Checkpoint(position, null)
{
    internal override async Task RecordAsync(Session session)
    {
        if (multipart.IsBegun)
        {
            await multipart.ForgetAsync(session);
        }

        await tail.DropFromAsync(session, 0);
    }
}
