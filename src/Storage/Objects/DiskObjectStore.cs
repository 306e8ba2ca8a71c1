using System.Buffers;
using Microsoft.Win32.SafeHandles;
using Registry.Storage.Metadata;

namespace Registry.Storage.Objects;

/// <summary>
/// Objects as files. An upload is written where it will stay: no temporary file, no rename, no listing.
/// <code>
/// objects/                    made and synced at the first start
///   id                        tells this folder from others
///   00/ … ff/                 256 folders, by the first two digits
///     00f3…                   32 hex digits: the object id
/// </code>
/// </summary>
public sealed class DiskObjectStore : IObjectStore
{
    // Below this, reserving room costs more than the early refusal is worth.
    private const long SmallestReservation = 1 << 20;

    // Kept free of content, so that the embedded database can still record deletes, which make room again.
    private const long KeptFree = 16 << 20;

    // errno of "no space left on device".
    private const int NoSpace = 28;

    private readonly string root;
    private readonly ObjectFolder folder;
    private readonly Database database;
    private readonly GrowingObjects growing;
    private readonly FolderSync folders = new();

    /// <summary>Opens the store, making its folders at the first start.</summary>
    /// <param name="dataDirectory">The registry's data directory.</param>
    /// <param name="database">Knows which folder its objects are in, where it is shared with others.</param>
    /// <param name="growing">Is told of what is being written, for those who follow it.</param>
    public DiskObjectStore(string dataDirectory, Database database, GrowingObjects growing)
    {
        (this.database, this.growing) = (database, growing);
        folder = new ObjectFolder(dataDirectory);
        root = folder.Root;
    }

    /// <inheritdoc/>
    /// <remarks>The embedded database lies beside the objects.</remarks>
    public Task CheckAsync(CancellationToken cancellationToken) =>
        database.Dialect == Dialect.Postgres ? folder.CheckAsync(database, cancellationToken) : Task.CompletedTask;

    /// <inheritdoc/>
    public ValueTask<ObjectState?> FindStateAsync(Session session, ObjectId id, bool isFresh) => new(ObjectState.None);

    /// <inheritdoc/>
    /// <remarks>Room for the expected bytes is reserved, so that a full disk says so at once.</remarks>
    public IObjectWriter OpenWriter(ObjectId id, ObjectState state, Guid upload, long position, long? expected, bool isFollowed) =>
        Open(id, position, expected, isFollowed: true);

    /// <inheritdoc/>
    public async Task WriteWholeAsync(ObjectId id, ReadOnlySequence<byte> content)
    {
        await using var writer = Open(id, 0, content.Length, isFollowed: false);
        await writer.AppendAsync(content, null, CancellationToken.None);
        await writer.CompleteAsync();
    }

    /// <inheritdoc/>
    public ValueTask<ObjectContent?> OpenReadAsync(ObjectId id, long from, long length, CancellationToken cancellationToken)
    {
        if (TryOpenRead(PathOf(id)) is not { } file)
        {
            return default;
        }

        if (RandomAccess.GetLength(file) is var size && size < from + length)
        {
            file.Dispose();
            throw new IOException($"object {id} has {size} bytes, {from + length} were stored");
        }

        return new(new FileContent(file));
    }

    /// <inheritdoc/>
    public Uri? FindAddress(ObjectId id) => null;

    /// <inheritdoc/>
    public Task<IReadOnlyList<ObjectId>> DeleteAsync(IReadOnlyList<CondemnedObject> objects, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<ObjectId>>([.. objects.Select(condemned => condemned.Id).Where(TryDelete)]);

    /// <summary>Whether anything was written to an object.</summary>
    internal bool Has(ObjectId id) => File.Exists(PathOf(id));

    private static SafeFileHandle? TryOpenRead(string path)
    {
        try
        {
            return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    private DiskObjectWriter Open(ObjectId id, long position, long? expected, bool isFollowed)
    {
        var path = PathOf(id);
        var fresh = position == 0 && !File.Exists(path);
        if (expected is not 0 && new DriveInfo(root).AvailableFreeSpace - (expected ?? 0) < KeptFree)
        {
            throw new IOException("there is no room for the upload", NoSpace);
        }

        var file = Open(path, fresh, fresh && expected >= SmallestReservation ? expected.Value : 0);
        if (fresh)
        {
            Fault.Reach(FaultPoint.ObjectCreated);
        }
        else
        {
            Trim(file, position);
        }

        var followed = isFollowed ? growing.Begin(id, 0, position, () => TryOpenRead(path)) : null;
        return new DiskObjectWriter(file, position, () => folders.SyncAsync(Path.GetDirectoryName(path)!), followed);
    }

    private bool TryDelete(ObjectId id)
    {
        try
        {
            Fault.Reach(FaultPoint.BeforeRemoval);
            File.Delete(PathOf(id));
            Fault.Reach(FaultPoint.AfterRemoval);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static SafeFileHandle Open(string path, bool fresh, long reserve)
    {
        try
        {
            return File.OpenHandle(
                path, fresh ? FileMode.CreateNew : FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, FileOptions.None, reserve);
        }
        catch (IOException e) when (reserve > 0 && e is not FileNotFoundException)
        {
            // .NET reports a refused reservation without its errno.
            throw new IOException(e.Message, NoSpace);
        }
    }

    private static void Trim(SafeFileHandle file, long position)
    {
        try
        {
            if (RandomAccess.GetLength(file) is var length && length < position)
            {
                throw new IOException($"the object has {length} bytes, {position} were stored");
            }

            RandomAccess.SetLength(file, position);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private string PathOf(ObjectId id)
    {
        var name = id.ToString();
        return string.Concat(root, "/", name.AsSpan(0, 2), string.Concat("/", name));
    }
}
