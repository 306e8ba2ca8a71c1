namespace Registry.Benchmarks.Content;

/// <summary>Pieces as a stream that is read once.</summary>
internal sealed class PieceStream(IEnumerable<ReadOnlyMemory<byte>> pieces, long length) : Stream
{
    private readonly IEnumerator<ReadOnlyMemory<byte>> left = pieces.GetEnumerator();
    private ReadOnlyMemory<byte> piece;
    private long position;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position { get => position; set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        while (piece.IsEmpty)
        {
            if (!left.MoveNext())
            {
                return 0;
            }

            piece = left.Current;
        }

        var count = Math.Min(buffer.Length, piece.Length);
        piece.Span[..count].CopyTo(buffer);
        piece = piece[count..];
        position += count;
        return count;
    }

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        left.Dispose();
        base.Dispose(disposing);
    }
}
