using System.Buffers;

namespace Registry.Storage.Objects;

/// <summary>An object that grows. One user at a time.</summary>
public interface IObjectWriter : IAsyncDisposable
{
    /// <summary>The bytes the object has.</summary>
    long Position { get; }

    /// <summary>Whether the object can never be completed any more, whatever is tried.</summary>
    bool IsLost { get; }

    /// <summary>Whether bytes that have come are held in memory.</summary>
    bool HoldsMemory { get; }

    /// <summary>Whether memory that others wait for has been held for long: a checkpoint of all gives it back.</summary>
    bool ShouldYield { get; }

    /// <summary>Appends bytes, hashing them on the way. Waits while there is no room for them; nothing more should be read then.</summary>
    /// <exception cref="IOException">The store is full or fails.</exception>
    ValueTask AppendAsync(ReadOnlySequence<byte> bytes, RunningHash? hash, CancellationToken cancellationToken);

    /// <summary>
    /// Brings bytes to safety. What has to be told of position and hash is taken when this is called, so that appending can go on
    /// meanwhile where the store says so; null when there is nothing new to record.
    /// </summary>
    /// <exception cref="IOException">The store is full or fails.</exception>
    Task<Checkpoint?> CheckpointAsync(RunningHash? hash, CheckpointReach reach);

    /// <summary>Takes back what came after <paramref name="position"/>, although some of it may have been recorded.</summary>
    Task<Checkpoint> RevertAsync(long position, byte[]? hashState);

    /// <summary>Makes the object complete and safe. What it returns is recorded with the close of the upload.</summary>
    /// <exception cref="IOException">The store is full or fails.</exception>
    Task<Checkpoint> CompleteAsync();

    /// <summary>Gives up what came after <paramref name="position"/> and was told to nobody.</summary>
    ValueTask AbandonAsync(long position);
}

/// <summary>How far a checkpoint has to reach.</summary>
public enum CheckpointReach
{
    /// <summary>As far as costs little. Appending goes on meanwhile.</summary>
    Cheap,

    /// <summary>To the last byte, so that no memory is held for what has come. Nothing is appended meanwhile.</summary>
    All,

    /// <summary>To the last byte, and this writer appends nothing more.</summary>
    End,
}
