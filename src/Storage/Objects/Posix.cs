using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Registry.Storage.Objects;

/// <summary>The system calls that durability needs and .NET does not offer: syncing data alone, syncing a directory, flock, dup.</summary>
internal static partial class Posix
{
    private const int OpenDirectory = 0x10000 | 0x80000; // O_DIRECTORY | O_CLOEXEC
    private const int LockExclusive = 2;
    private const int LockNoWait = 4;
    private const int FileExists = 17; // EEXIST
    private const int DuplicateClosedOnExec = 1030; // F_DUPFD_CLOEXEC

    /// <summary>Brings a file's bytes, and the size needed to read them, to disk.</summary>
    /// <exception cref="IOException">The sync failed. The kernel may have dropped the bytes: never try again on this file.</exception>
    public static void SyncData(SafeFileHandle file)
    {
        Fault.Reach(FaultPoint.BeforeFileSync);
        if (fdatasync(file) != 0)
        {
            throw Failure("fdatasync");
        }

        Fault.Reach(FaultPoint.AfterFileSync);
    }

    /// <summary>Brings the names in a directory to disk.</summary>
    /// <exception cref="IOException">The sync failed.</exception>
    public static void SyncDirectory(string path)
    {
        var descriptor = open(path, OpenDirectory);
        if (descriptor < 0)
        {
            throw Failure($"open {path}");
        }

        using var directory = new SafeFileHandle(descriptor, ownsHandle: true);
        Fault.Reach(FaultPoint.BeforeFolderSync);
        if (fsync(directory) != 0)
        {
            throw Failure($"fsync {path}");
        }

        Fault.Reach(FaultPoint.AfterFolderSync);
    }

    /// <summary>Gives a file a second name; false when there is a file of that name already.</summary>
    /// <exception cref="IOException">The link failed otherwise.</exception>
    public static bool TryLink(string file, string name)
    {
        if (link(file, name) == 0)
        {
            return true;
        }

        return Marshal.GetLastPInvokeError() == FileExists ? false : throw Failure($"link {name}");
    }

    /// <summary>Another handle of an open file, which may have lost its name; null when this one is closed, or no more can be open.</summary>
    public static SafeFileHandle? TryDuplicate(SafeFileHandle file)
    {
        try
        {
            return fcntl(file, DuplicateClosedOnExec, 0) is var descriptor and >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : null;
        }
        catch (ObjectDisposedException)
        {
            return null;
        }
    }

    /// <summary>Locks a file for this process until the handle is closed; false when another process holds it.</summary>
    public static bool TryLock(SafeFileHandle file) => flock(file, LockExclusive | LockNoWait) == 0;

    private static IOException Failure(string call)
    {
        var error = Marshal.GetLastPInvokeError();
        return new IOException($"{call}: {Marshal.GetPInvokeErrorMessage(error)}", error);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fdatasync(SafeFileHandle file);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(SafeFileHandle file);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int link(string file, string name);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(SafeFileHandle file, int operation);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(SafeFileHandle file, int command, int argument);
}
