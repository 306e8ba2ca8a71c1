using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace Registry.Storage.Objects;

/// <summary>An object that grows in a file.</summary>
/// <param name="file">The file, cut off at the position.</param>
/// <param name="position">The bytes it has.</param>
/// <param name="syncName">What makes the file's name survive a power cut.</param>
/// <param name="followed">Is told how far it is; null when nobody can follow it.</param>
internal sealed class DiskObjectWriter(SafeFileHandle file, long position, Func<Task> syncName, GrowingObject? followed) : IObjectWriter
{
    // Handing a smaller piece to another core costs more than hashing it here.
    private const int SmallestParallelHash = 32 << 10;

    // Half of the 64 MiB that may be lost with a request in flight: one checkpoint is written while the next part arrives.
    private const long CheckpointDistance = 32 << 20;

    private readonly List<ReadOnlyMemory<byte>> segments = [];
    private long synced = position;

    public long Position { get; private set; } = position;

    public bool IsLost { get; private set; }

    public bool HoldsMemory => false;

    public bool ShouldYield => false;

    public async ValueTask AppendAsync(ReadOnlySequence<byte> bytes, RunningHash? hash, CancellationToken cancellationToken)
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
            var hashing = Task.Run(() => Hash(hash), CancellationToken.None);
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
        followed?.Grow(Position);
    }

    public async Task<Checkpoint?> CheckpointAsync(RunningHash? hash, CheckpointReach reach)
    {
        if (reach is CheckpointReach.Cheap && Position - synced < CheckpointDistance)
        {
            return null;
        }

        var (position, state) = (Position, hash?.Save());
        if (reach is CheckpointReach.Cheap)
        {
            // The file may go on growing meanwhile.
            synced = position;
            await Task.Run(Sync);
        }
        else if (position != synced)
        {
            Sync();
            synced = position;
        }

        return new Checkpoint(position, state);
    }

    public Task<Checkpoint> RevertAsync(long position, byte[]? hashState)
    {
        Truncate(position);
        return Task.FromResult(new Checkpoint(position, hashState));
    }

    public async Task<Checkpoint> CompleteAsync()
    {
        if (Position != synced || Position == 0)
        {
            Sync();
            synced = Position;
        }

        try
        {
            await syncName();
        }
        catch (IOException)
        {
            IsLost = true;
            throw;
        }

        followed?.Complete();
        return new Checkpoint(Position, null);
    }

    // On a full disk its room is needed.
    public ValueTask AbandonAsync(long position)
    {
        Truncate(position);
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        followed?.Dispose();
        file.Dispose();
        return ValueTask.CompletedTask;
    }

    // After a failed sync the kernel may call lost pages clean: these bytes can never be trusted again.
    private void Sync()
    {
        try
        {
            Posix.SyncData(file);
        }
        catch (IOException)
        {
            IsLost = true;
            throw;
        }
    }

    private void Truncate(long length)
    {
        RandomAccess.SetLength(file, length);
        Position = length;
    }

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
