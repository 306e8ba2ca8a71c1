using Microsoft.Win32.SafeHandles;

namespace Registry.Storage.Objects;

/// <summary>The bytes of an object that is being read.</summary>
public abstract class ObjectContent : IDisposable
{
    /// <summary>Reads the next bytes of a range.</summary>
    /// <param name="buffer">Where they go; not longer than the range.</param>
    /// <param name="from">The first byte that is wanted.</param>
    /// <param name="length">How many are wanted from there, in this and the following calls.</param>
    /// <param name="cancellationToken">Fires when the client has gone.</param>
    /// <returns>The number of bytes read, never 0.</returns>
    /// <exception cref="IOException">The store fails, or has fewer bytes.</exception>
    public abstract ValueTask<int> ReadAsync(Memory<byte> buffer, long from, long length, CancellationToken cancellationToken);

    /// <summary>The next bytes of a range as a range of a file that begins with them, which can be sent without a copy; null where they are in none.</summary>
    /// <param name="from">The first byte that is wanted.</param>
    /// <param name="length">How many are wanted from there.</param>
    /// <param name="cancellationToken">Fires when the client has gone.</param>
    /// <exception cref="IOException">The store fails.</exception>
    public virtual ValueTask<FileRange?> FindFileAsync(long from, long length, CancellationToken cancellationToken) => default;

    /// <inheritdoc/>
    public abstract void Dispose();
}

/// <summary>Bytes of an object that are in a file, each at its own offset.</summary>
/// <param name="File">The file, open as long as the content is.</param>
/// <param name="Length">How many there are, at least one.</param>
public readonly record struct FileRange(SafeFileHandle File, long Length);

/// <summary>Bytes in a file, which can be sent without a copy.</summary>
/// <param name="file">The file, open.</param>
public sealed class FileContent(SafeFileHandle file) : ObjectContent
{
    /// <summary>The file.</summary>
    public SafeFileHandle File => file;

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, long from, long length, CancellationToken cancellationToken) =>
        RandomAccess.Read(file, buffer.Span, from) is var count and > 0 ? new(count) : throw new IOException($"the object ends at byte {from}, {length} more were stored");

    /// <inheritdoc/>
    public override ValueTask<FileRange?> FindFileAsync(long from, long length, CancellationToken cancellationToken) => new(new FileRange(file, length));

    /// <inheritdoc/>
    public override void Dispose() => file.Dispose();
}
