namespace Registry.Storage.Objects.S3;

/// <summary>Reads pieces of memory as one stream. It can be read again: a request that failed is repeated.</summary>
internal sealed class PartStream(IReadOnlyList<ReadOnlyMemory<byte>> segments, long length) : Stream
{
    private int segment;
    private int offset;
    private long position;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position
    {
        get => position;
        set => Seek(value, SeekOrigin.Begin);
    }

    public override int Read(Span<byte> buffer)
    {
        while (segment < segments.Count && offset == segments[segment].Length)
        {
            (segment, offset) = (segment + 1, 0);
        }

        if (segment == segments.Count)
        {
            return 0;
        }

        var count = Math.Min(buffer.Length, segments[segment].Length - offset);
        segments[segment].Span.Slice(offset, count).CopyTo(buffer);
        offset += count;
        position += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Read(buffer.Span));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        Task.FromResult(Read(buffer.AsSpan(offset, count)));

    public override long Seek(long offset, SeekOrigin origin)
    {
        var target = offset + (origin switch { SeekOrigin.Begin => 0, SeekOrigin.Current => position, _ => length });
        ArgumentOutOfRangeException.ThrowIfNegative(target, nameof(offset));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(target, length, nameof(offset));
        position = target;
        for (segment = 0; segment < segments.Count && target > segments[segment].Length; segment++)
        {
            target -= segments[segment].Length;
        }

        this.offset = (int)target;
        return position;
    }

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
