using System.Runtime.InteropServices;

namespace Registry.Benchmarks.Loads;

/// <summary>What .NET does not offer: waiting for many sockets in one cheap call, and syncing the whole machine.</summary>
internal static partial class NativeMethods
{
    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int Poll(Span<PollEntry> entries, nuint count, int timeout);

    [LibraryImport("libc", EntryPoint = "sync")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial void Sync();
}
