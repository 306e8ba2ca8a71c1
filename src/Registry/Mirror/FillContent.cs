using Registry.Storage.Objects;

namespace Registry.Mirror;

/// <summary>The bytes of a blob that is on its way: each reader follows the object at its own offset.</summary>
/// <param name="fill">The blob.</param>
/// <param name="size">The bytes of the whole blob.</param>
/// <param name="openStored">Opens the blob once it is stored.</param>
internal sealed class FillContent(Fill fill, long size, Func<long, long, CancellationToken, ValueTask<ObjectContent>> openStored) : ObjectContent
{
    private GrowingObjectReader? reader;
    private ObjectContent? stored;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, long from, long length, CancellationToken cancellationToken)
    {
        if (await FindAsync(from, length, cancellationToken) is not { } piece)
        {
            return await stored!.ReadAsync(buffer, from, length, cancellationToken);
        }

        var count = RandomAccess.Read(piece.File, buffer.Span[..(int)Math.Min(buffer.Length, piece.Length)], from);
        return count > 0 ? count : throw new IOException("the object is shorter than its writer has said");
    }

    public override async ValueTask<FileRange?> FindFileAsync(long from, long length, CancellationToken cancellationToken) =>
        await FindAsync(from, length, cancellationToken) ?? await stored!.FindFileAsync(from, length, cancellationToken);

    public override void Dispose()
    {
        reader?.Dispose();
        stored?.Dispose();
    }

    /// <summary>The next bytes in the object that grows; null when they are to be read from <see cref="stored"/>.</summary>
    private async ValueTask<FileRange?> FindAsync(long from, long length, CancellationToken cancellationToken)
    {
        while (stored is null)
        {
            reader ??= await fill.FollowAsync(cancellationToken);
            if (reader is null || fill.IsStored)
            {
                stored = await openStored(from, length, cancellationToken);
            }
            else if (from < reader.From)
            {
                await fill.Ended.WaitAsync(cancellationToken); // what came before is not on this machine
            }
            else if (Math.Min(reader.Length, size - Fill.Withheld) is var shown && shown > from)
            {
                return new FileRange(reader.File, Math.Min(length, shown - from));
            }
            else if (reader.Length > from)
            {
                await fill.Ended.WaitAsync(cancellationToken);
            }
            else if (!await reader.WaitBeyondAsync(from, cancellationToken))
            {
                reader.Dispose();
                reader = null;
            }
        }

        return null;
    }
}
