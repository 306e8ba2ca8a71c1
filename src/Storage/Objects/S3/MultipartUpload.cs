using Registry.Storage.Metadata;
using Registry.Storage.Oci;

namespace Registry.Storage.Objects.S3;

/// <summary>
/// The multipart upload of one object, begun when its first part is full. Part numbers are reserved by a row before they are used, and
/// not used again: a part of a writer that was lost may arrive at any time, and must not take the place of another. Those that have
/// arrived already are replaced, under their numbers: Ceph completes no upload that has parts which are not named (InvalidPart).
/// </summary>
internal sealed class MultipartUpload(S3Bucket bucket, Database database, ObjectId id, string key, MultipartState? state)
{
    /// <summary>How many numbers are reserved at a time.</summary>
    public const int Reservation = 32;

    private string? multipartId = state?.Id;
    // Numbers were reserved that no recorded part has: somebody was lost, or has taken back what he had sent.
    private bool hasStrays = state is not null && state.NextPart > state.LastPart + 1;
    private Queue<long> strays = [];
    private long next = state?.NextPart ?? 1;
    private long reserved = state?.NextPart ?? 1;

    /// <summary>Whether the store knows of it.</summary>
    public bool IsBegun => multipartId is not null;

    /// <summary>Where the last part ends.</summary>
    public long End { get; set; } = state?.End ?? 0;

    /// <summary>The next part's number, reserved. Begins the upload if need be.</summary>
    public async Task<long> NextNumberAsync()
    {
        if (multipartId is null)
        {
            await BeginAsync();
        }
        else if (hasStrays)
        {
            hasStrays = false;
            strays = new(await bucket.ListPartsAsync(key, multipartId, state!.LastPart));
        }

        if (strays.TryDequeue(out var stray))
        {
            return stray;
        }

        if (next == reserved)
        {
            await database.WriteAsync(
                session => session.ExecuteAsync("update multipart set next_part = next_part + @Reservation where object_id = @Key", new { id.Key, Reservation = (long)Reservation }),
                Durability.Relaxed,
                CancellationToken.None);
            reserved += Reservation;
        }

        return next++;
    }

    /// <summary>Sends a part, gives its memory back, and returns its ETag.</summary>
    public async Task<string> SendAsync(long number, PartBuffer part, CancellationToken cancellationToken)
    {
        using (part)
        {
            return await bucket.PutPartAsync(key, multipartId!, (int)number, part.Read(), cancellationToken);
        }
    }

    /// <summary>Writes the object as a whole instead.</summary>
    public Task PutAsync(PartBuffer whole) => bucket.PutAsync(key, whole.Read());

    /// <summary>Has the store join the recorded parts and these, once only.</summary>
    /// <exception cref="IOException">It is not certain that the object is complete.</exception>
    public async Task CompleteAsync(IReadOnlyList<MultipartPart> unrecorded, long length)
    {
        var recorded = await database.WriteAsync(
            async session => await session.ExecuteAsync("update multipart set completing = 1 where object_id = @Key and completing = 0", new { id.Key }) == 1
                ? await session.QueryAsync<MultipartPart>(
                    "select number as Number, position as Position, size as Size, etag as ETag from multipart_part where object_id = @Key order by position",
                    new { id.Key })
                : throw new OciException(OciError.BlobUploadUnknown),
            Durability.Relaxed,
            CancellationToken.None);
        IReadOnlyList<MultipartPart> parts = [.. recorded, .. unrecorded];
        var end = 0L;
        foreach (var part in parts)
        {
            end = part.Position == end ? end + part.Size : throw new IOException($"part {part.Number} of {key} does not begin where the one before ends");
        }

        await bucket.CompleteAsync(key, multipartId!, parts, end == length ? length : throw new IOException($"the parts of {key} have {end} bytes, not {length}"));
    }

    /// <summary>Records parts, and which numbers are still free.</summary>
    public async Task RecordAsync(Session session, IReadOnlyList<MultipartPart> parts, bool isLast)
    {
        foreach (var part in parts)
        {
            await session.ExecuteAsync(
                "insert into multipart_part (object_id, number, position, size, etag) values (@Key, @Number, @Position, @Size, @ETag)",
                new { id.Key, part.Number, part.Position, part.Size, part.ETag });
        }

        // What was reserved and not used is free again: a client that sends chunks would use them up.
        if (isLast && IsBegun)
        {
            await session.ExecuteAsync("update multipart set next_part = @next where object_id = @Key", new { id.Key, next });
        }
    }

    /// <summary>Forgets the parts that reach beyond a position. Their numbers are not used again.</summary>
    public async Task RevertAsync(Session session, long position)
    {
        await session.ExecuteAsync("delete from multipart_part where object_id = @Key and position + size > @position", new { id.Key, position });
        await RecordAsync(session, [], isLast: true);
    }

    /// <summary>Forgets it all, when the object is complete.</summary>
    public Task ForgetAsync(Session session) => session.ExecuteAsync("delete from multipart where object_id = @Key", new { id.Key });

    private async Task BeginAsync()
    {
        var begun = await bucket.BeginAsync(key);
        try
        {
            await database.WriteAsync(
                session => session.ExecuteAsync(
                    "insert into multipart (object_id, multipart_id, next_part) values (@Key, @begun, @next)",
                    new { id.Key, begun, next = next + Reservation }),
                Durability.Relaxed,
                CancellationToken.None);
        }
        catch
        {
            // Without its row nobody goes on with it. If this fails as well, it is aborted with the object's removal.
            await bucket.TryAbortAsync(key, CancellationToken.None);
            throw;
        }

        (multipartId, reserved) = (begun, next + Reservation);
    }
}

/// <summary>A part that the store has.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Position">Where it begins in the object.</param>
/// <param name="Size">Its bytes.</param>
/// <param name="ETag">What the store calls its content.</param>
internal sealed record MultipartPart(long Number, long Position, long Size, string ETag);
