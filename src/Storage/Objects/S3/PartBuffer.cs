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
        while (bytes.Length > 0)
        {
            var free = Free();
            var count = Math.Min(bytes.Length, free.Length);
            bytes[..count].CopyTo(free.Span);
            Fill(count);
            bytes = bytes[count..];
        }
    }

    /// <summary>Puts bytes before those that are there.</summary>
    public async Task PrependAsync(IAsyncEnumerable<Stream> pieces)
    {
        ArraySegment<byte>[] later = [.. segments];
        segments.Clear();
        try
        {
            await foreach (var piece in pieces)
            {
                for (var left = piece.Length; left > 0;)
                {
                    var free = Free();
                    var count = (int)Math.Min(left, free.Length);
                    await piece.ReadExactlyAsync(free[..count]);
                    Fill(count);
                    left -= count;
                }
            }
        }
        finally
        {
            segments.AddRange(later);
        }
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

    // What is free in the last block, or a new one.
    private Memory<byte> Free()
    {
        if (segments.Count == 0 || segments[^1].Count == Block)
        {
            segments.Add(new ArraySegment<byte>(buffers.TakeBlock(), 0, 0));
        }

        return segments[^1].Array.AsMemory(segments[^1].Count);
    }

    private void Fill(int count)
    {
        segments[^1] = new ArraySegment<byte>(segments[^1].Array!, 0, segments[^1].Count + count);
        Length += count;
    }
}
