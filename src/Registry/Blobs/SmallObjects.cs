using Microsoft.Extensions.Caching.Memory;
using Registry.Storage.Blobs;
using Registry.Storage.Objects;

namespace Registry.Blobs;

/// <summary>
/// The bytes of small objects, kept in memory: every pull fetches a config of a few KiB, and opening, reading and closing its
/// file costs more than everything else in such a request. An object's bytes never change, so nothing here can be stale;
/// whether a blob may be seen is asked of the database each time.
/// </summary>
internal sealed class SmallObjects(IObjectStore objects) : IDisposable
{
    /// <summary>The largest object that is kept.</summary>
    public const int MaxSize = 32 << 10;

    private const long Budget = 64 << 20;
    private readonly MemoryCache cache = new(new MemoryCacheOptions { SizeLimit = Budget });

    /// <summary>The bytes of an object of at most <see cref="MaxSize"/>, or null when it is gone.</summary>
    public ValueTask<byte[]?> ReadAsync(Blob blob, CancellationToken cancellationToken)
    {
        var key = new Guid(blob.Object.Key);
        return cache.TryGetValue(key, out byte[]? bytes) ? new(bytes) : FetchAsync(key, blob, cancellationToken);
    }

    private async ValueTask<byte[]?> FetchAsync(Guid key, Blob blob, CancellationToken cancellationToken)
    {
        using var content = await objects.OpenReadAsync(blob.Object, 0, blob.Size, cancellationToken);
        if (content is null)
        {
            return null;
        }

        var bytes = new byte[blob.Size];
        for (var read = 0; read < bytes.Length;)
        {
            read += await content.ReadAsync(bytes.AsMemory(read), read, bytes.Length - read, cancellationToken);
        }

        return cache.Set(key, bytes, new MemoryCacheEntryOptions { Size = bytes.Length + 128 });
    }

    public void Dispose() => cache.Dispose();
}
