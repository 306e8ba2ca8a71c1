using System.Buffers;
using Registry.Storage.Metadata;

namespace Registry.Storage.Objects;

/// <summary>
/// Where the bytes of objects are: on disk or in S3. An object is written once, under a key that is never used again, by one
/// writer at a time, straight to where it will stay.
/// </summary>
public interface IObjectStore
{
    /// <summary>Makes sure that the store can be used.</summary>
    /// <exception cref="IOException">It cannot; the message says why.</exception>
    Task CheckAsync(CancellationToken cancellationToken);

    /// <summary>
    /// How an upload that has been begun can be gone on with, as its rows tell; null when it has to go on under another key: bytes of
    /// a writer that was lost may still be on their way to this one.
    /// </summary>
    /// <param name="session">The transaction that claims the upload.</param>
    /// <param name="id">The object.</param>
    /// <param name="isFresh">Whether nobody can have written to it.</param>
    /// <exception cref="Oci.OciException">BLOB_UPLOAD_UNKNOWN: it is past the point where it can be gone on with.</exception>
    ValueTask<ObjectState?> FindStateAsync(Session session, ObjectId id, bool isFresh);

    /// <summary>Opens an object for writing from <paramref name="position"/> on; what lies behind it does not count.</summary>
    /// <param name="id">The object.</param>
    /// <param name="state">What <see cref="FindStateAsync"/> has told.</param>
    /// <param name="upload">The upload that the bytes belong to.</param>
    /// <param name="position">The bytes that are known to be good.</param>
    /// <param name="expected">The bytes that will follow, if known.</param>
    /// <param name="isFollowed">
    /// Whether somebody will want the bytes before they are whole: then they are in <see cref="GrowingObjects"/>, as long as the local
    /// disk has room for them. On disk they always are, because it costs nothing.
    /// </param>
    /// <exception cref="IOException">The store is full or fails.</exception>
    IObjectWriter OpenWriter(ObjectId id, ObjectState state, Guid upload, long position, long? expected, bool isFollowed);

    /// <summary>Writes a whole object under a fresh key. When the task completes, it is safe.</summary>
    /// <exception cref="IOException">The store is full or fails.</exception>
    Task WriteWholeAsync(ObjectId id, ReadOnlySequence<byte> content);

    /// <summary>Opens an object for reading, or null when it is gone.</summary>
    /// <param name="id">The object.</param>
    /// <param name="from">The first byte that will be read.</param>
    /// <param name="length">How many will be read from there.</param>
    /// <param name="cancellationToken">Fires when the client has gone.</param>
    /// <exception cref="IOException">The store fails.</exception>
    ValueTask<ObjectContent?> OpenReadAsync(ObjectId id, long from, long length, CancellationToken cancellationToken);

    /// <summary>An address where a client can fetch the object itself for a while; null where there is none.</summary>
    Uri? FindAddress(ObjectId id);

    /// <summary>Removes objects and whatever has been begun under their keys. Removing what is not there is success.</summary>
    /// <returns>Those that are removed; the others have to be tried again.</returns>
    Task<IReadOnlyList<ObjectId>> DeleteAsync(IReadOnlyList<CondemnedObject> objects, CancellationToken cancellationToken);
}

/// <summary>What a store has to know to go on with an object. Stores that need more derive from it.</summary>
public record ObjectState
{
    /// <summary>Nothing needs to be known.</summary>
    public static readonly ObjectState None = new();
}

/// <summary>An object whose bytes are to be removed.</summary>
/// <param name="Id">The object.</param>
/// <param name="Size">Its bytes when it was complete, else null.</param>
public readonly record struct CondemnedObject(ObjectId Id, long? Size);
