using System.Text;

namespace Registry.Storage.Objects;

/// <summary>Files that only this user may read.</summary>
public static class PrivateFile
{
    /// <summary>
    /// Creates a file that is complete and on disk as soon as it is there. False when there is one already, which stays as it is.
    /// </summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static bool TryCreate(string path, string text)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var draft = Path.Combine(folder, $".{Path.GetFileName(path)}.{Guid.NewGuid():N}");
        try
        {
            Write(draft, text);

            // A link, unlike a rename, never replaces what another process has put there meanwhile.
            if (!Posix.TryLink(draft, path))
            {
                return false;
            }
        }
        finally
        {
            File.Delete(draft);
        }

        Posix.SyncDirectory(folder);
        return true;
    }

    private static void Write(string path, string text)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var file = new FileStream(path, options);
        file.Write(Encoding.ASCII.GetBytes(text));
        file.Flush(flushToDisk: true);
    }
}
