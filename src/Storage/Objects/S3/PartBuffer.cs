namespace Registry.Storage.Objects.S3;

/// <summary>The bytes of a part, in blocks.</summary>
internal sealed class PartBuffer(PartBuffers buffers, long room) : IDisposable
{
    /// <summary>The size of a block, and the largest row of a tail.</summary>
    public const int Block = 256 << 10;

    private readonly List<ArraySegment<byte>> segments = [];
    private readonly long takenAt = Environment.TickCount64;
    private long returned;

    /// <summary>How long ago it was taken.</summary>
    public TimeSpan Age => TimeSpan.FromMilliseconds(Environment.TickCount64 - takenAt);

    /// <summary>The bytes it has.</summary>
    public long Length { get; private set; }

    /// <summary>The bytes in order, in pieces of at most <see cref="Block"/>.</summary>
    public IReadOnlyList<ArraySegment<byte>> Segments => segments;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        Length += bytes.Length;
        while (bytes.Length > 0)
        {
            if (segments.Count == 0 || segments[^1] is { Array.Length: var size, Count: var count } && count == size)
            {
                segments.Add(new ArraySegment<byte>(buffers.TakeBlock(), 0, 0));
            }

            var last = segments[^1];
            var piece = bytes[..Math.Min(bytes.Length, last.Array!.Length - last.Count)];
            piece.CopyTo(last.Array.AsSpan(last.Count));
            segments[^1] = new ArraySegment<byte>(last.Array, 0, last.Count + piece.Length);
            bytes = bytes[piece.Length..];
        }
    }

    /// <summary>Puts bytes before those that are there.</summary>
    public void Prepend(IReadOnlyList<byte[]> bytes)
    {
        segments.InsertRange(0, bytes.Select(array => new ArraySegment<byte>(array)));
        Length += bytes.Sum(array => (long)array.Length);
    }

    /// <summary>A stream over the bytes, valid until this is disposed.</summary>
    public Stream Read() => new PartStream([.. segments.Select(segment => (ReadOnlyMemory<byte>)segment)], Length);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref returned, 1) == 0)
        {
            buffers.Return(room, segments.Select(segment => segment.Array!));
        }
    }
}
