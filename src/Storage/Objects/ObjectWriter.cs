using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace Registry.Storage.Objects;

/// <summary>An object that grows. One user at a time.</summary>
public sealed class ObjectWriter(SafeFileHandle file, long position) : IDisposable
{
    // Handing a smaller piece to another core costs more than hashing it here.
    private const int SmallestParallelHash = 32 << 10;

    private readonly List<ReadOnlyMemory<byte>> segments = [];

    /// <summary>The bytes the object has.</summary>
    public long Position { get; private set; } = position;

    /// <summary>Appends bytes, hashing them on another core while they are written.</summary>
    /// <exception cref="IOException">The disk is full or fails.</exception>
    public async ValueTask AppendAsync(ReadOnlySequence<byte> bytes, RunningHash? hash)
    {
        segments.Clear();
        foreach (var segment in bytes)
        {
            segments.Add(segment);
        }

        if (hash is null || bytes.Length < SmallestParallelHash)
        {
            Hash(hash);
            RandomAccess.Write(file, segments, Position);
        }
        else
        {
            var hashing = Task.Run(() => Hash(hash));
            try
            {
                RandomAccess.Write(file, segments, Position);
            }
            finally
            {
                await hashing; // the caller gives the bytes back
            }
        }

        Position += bytes.Length;
    }

    /// <summary>Brings all bytes to disk.</summary>
    /// <exception cref="IOException">The sync failed: the object must not be used any more.</exception>
    public void Sync() => Posix.SyncData(file);

    /// <summary>Cuts the object off at <paramref name="length"/>.</summary>
    public void Truncate(long length)
    {
        RandomAccess.SetLength(file, length);
        Position = length;
    }

    /// <summary>Reads bytes back.</summary>
    public int Read(Span<byte> buffer, long offset) => RandomAccess.Read(file, buffer, offset);

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    private void Hash(RunningHash? hash)
    {
        if (hash is not null)
        {
            foreach (var segment in segments)
            {
                hash.Update(segment.Span);
            }
        }
    }
}
