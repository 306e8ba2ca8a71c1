using System.Buffers;
using Registry.Storage.Metadata;
using Registry.Storage.Oci;

namespace Registry.Storage.Objects.Moving;

/// <summary>
/// The object store of a registry that moves to another one: everything new goes to the first; what the first does not have yet is
/// read from the second; what is removed is removed from both.
/// </summary>
/// <param name="first">Where objects are to be.</param>
/// <param name="second">Where they were.</param>
public sealed class TwoObjectStores(IObjectStore first, IObjectStore second) : IObjectStore, IDisposable
{
    /// <inheritdoc/>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        await first.CheckAsync(cancellationToken);
        try
        {
            await second.CheckAsync(cancellationToken);
        }
        catch (IOException e)
        {
            throw new IOException($"Storage:Second: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    /// <remarks>Nothing is written to the second any more, so that a copy comes to an end: what was begun there starts again.</remarks>
    public ValueTask<ObjectState?> FindStateAsync(Session session, ObjectId id, bool isFresh) =>
        isFresh || (second as DiskObjectStore)?.Has(id) is not true && (first as DiskObjectStore)?.Has(id) is not false
            ? first.FindStateAsync(session, id, isFresh)
            : throw new OciException(OciError.BlobUploadUnknown, "the upload was begun before the registry moved its objects: start again");

    /// <inheritdoc/>
    public IObjectWriter OpenWriter(ObjectId id, ObjectState state, Guid upload, long position, long? expected, bool isFollowed) =>
        first.OpenWriter(id, state, upload, position, expected, isFollowed);

    /// <inheritdoc/>
    public Task WriteWholeAsync(ObjectId id, ReadOnlySequence<byte> content) => first.WriteWholeAsync(id, content);

    /// <inheritdoc/>
    public async ValueTask<ObjectContent?> OpenReadAsync(ObjectId id, long from, long length, CancellationToken cancellationToken) =>
        await first.OpenReadAsync(id, from, length, cancellationToken) ?? await second.OpenReadAsync(id, from, length, cancellationToken);

    /// <inheritdoc/>
    /// <remarks>None: whoever is sent to a store could find nothing there.</remarks>
    public Uri? FindAddress(ObjectId id) => null;

    /// <inheritdoc/>
    /// <remarks>A copy that was killed may have left something that it had begun under the key of any object.</remarks>
    public async Task<IReadOnlyList<ObjectId>> DeleteAsync(IReadOnlyList<CondemnedObject> objects, CancellationToken cancellationToken)
    {
        var removed = await first.DeleteAsync([.. objects.Select(condemned => condemned with { Size = null })], cancellationToken);
        var alsoRemoved = await second.DeleteAsync(objects, cancellationToken);
        return [.. removed.Where(id => alsoRemoved.Any(other => other.Key.AsSpan().SequenceEqual(id.Key)))];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        (first as IDisposable)?.Dispose();
        (second as IDisposable)?.Dispose();
    }
}
