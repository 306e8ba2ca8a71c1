namespace Registry.Storage.Objects.S3;

/// <summary>An object in a bucket that is being read. A connection that is cut is followed by another one from there on.</summary>
internal sealed class S3Content(S3Bucket bucket, string key) : ObjectContent
{
    private const int MostAttempts = 4;

    private Stream? stream;
    private long position;
    private long left;

    /// <summary>Asks for a range. False when the object is gone.</summary>
    public async Task<bool> TryOpenAsync(long from, long length, CancellationToken cancellationToken)
    {
        stream?.Dispose();
        stream = await bucket.OpenAsync(key, from, length, cancellationToken);
        (position, left) = (from, length);
        return stream is not null;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, long from, long length, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                if ((stream is null || from != position || left == 0) && !await TryOpenAsync(from, length, cancellationToken))
                {
                    throw new IOException($"{key} is gone");
                }

                var count = await bucket.ReadAsync(stream!, buffer[..(int)Math.Min(buffer.Length, left)], cancellationToken);
                if (count == 0)
                {
                    throw new IOException($"{key} ended {left} bytes early");
                }

                position += count;
                left -= count;
                return count;
            }
            catch (IOException) when (attempt < MostAttempts)
            {
                stream?.Dispose();
                stream = null;
            }
        }
    }

    public override void Dispose() => stream?.Dispose();
}
