using Microsoft.Win32.SafeHandles;

namespace Registry.Storage.Objects;

/// <summary>An advisory lock of this process on a file, which ends with the handle, also by a kill.</summary>
public static class FileLock
{
    /// <summary>Takes the lock; false when another process, or another handle of this one, holds it.</summary>
    public static bool TryTake(SafeFileHandle file) => Posix.TryLock(file);
}
