using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace Registry.Storage.Objects;

/// <summary>
/// The bytes of one object on their way to a store elsewhere, once more on the local disk, for those who follow them. Its file loses its
/// name as soon as it is open: what it takes is free again with its writer and its last reader, after a kill as well. Where the disk is
/// full or fails, the spool is given up and nothing else: the object's stay in <see cref="GrowingObjects"/> ends.
/// </summary>
public sealed class Spool : IDisposable
{
    // Left to what cannot be done without, logs for example.
    private const long KeptFree = 64 << 20;

    private readonly DriveInfo drive;
    private readonly SafeFileHandle file;
    private readonly GrowingObject growing;
    private bool givenUp;

    private Spool(DriveInfo drive, string path, ObjectId id, long position, GrowingObjects objects)
    {
        this.drive = drive;
        file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        File.Delete(path);
        growing = objects.Begin(id, position, position, () => Posix.TryDuplicate(file));
    }

    /// <summary>Begins a spool, or null where the disk has no room for it.</summary>
    /// <param name="folder">Where its file is made; the folder is made as well.</param>
    /// <param name="id">The object.</param>
    /// <param name="position">The first byte that will come.</param>
    /// <param name="expected">How many will come, if known.</param>
    /// <param name="objects">Is told of the object.</param>
    public static Spool? TryBegin(string folder, ObjectId id, long position, long? expected, GrowingObjects objects)
    {
        try
        {
            Directory.CreateDirectory(folder);
            var drive = new DriveInfo(folder);
            return drive.AvailableFreeSpace - (expected ?? 0) < KeptFree ? null : new Spool(drive, Path.Combine(folder, id.ToString()), id, position, objects);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Keeps bytes where they are in the object, if the disk takes them.</summary>
    public void Append(long position, ReadOnlySequence<byte> bytes)
    {
        if (givenUp)
        {
            return;
        }

        try
        {
            if (drive.AvailableFreeSpace - bytes.Length < KeptFree)
            {
                throw new IOException("the rest of the disk is for others");
            }

            foreach (var piece in bytes)
            {
                RandomAccess.Write(file, piece.Span, position);
                position += piece.Length;
            }

            growing.Grow(position);
        }
        catch (IOException)
        {
            Dispose();
        }
    }

    /// <summary>The object is whole and kept.</summary>
    public void Complete()
    {
        if (!givenUp)
        {
            growing.Complete();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        givenUp = true;
        growing.Dispose();
        file.Dispose();
    }
}
