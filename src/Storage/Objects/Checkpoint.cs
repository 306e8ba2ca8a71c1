using Registry.Storage.Metadata;

namespace Registry.Storage.Objects;

/// <summary>A point from which any process can go on with an upload.</summary>
/// <param name="position">The bytes that are safe.</param>
/// <param name="hashState">The running hash over them, if there is one.</param>
public class Checkpoint(long position, byte[]? hashState)
{
    /// <summary>The bytes that are safe.</summary>
    public long Position { get; } = position;

    /// <summary>The running hash over them, if there is one.</summary>
    public byte[]? HashState { get; } = hashState;

    /// <summary>Whether nothing was sent to the object's key, so that another upload may have it.</summary>
    public virtual bool LeavesKeyUnused => false;

    /// <summary>Records what the store needs to go on from here, in the transaction that records the position. May be run again.</summary>
    internal virtual Task RecordAsync(Session session) => Task.CompletedTask;

    /// <summary>Called after that transaction.</summary>
    internal virtual void Recorded()
    {
    }
}
