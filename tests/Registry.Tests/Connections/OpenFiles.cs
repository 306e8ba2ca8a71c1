namespace Registry.Tests.Connections;

/// <summary>What a process holds open, from the kernel's own books.</summary>
internal static class OpenFiles
{
    public static int Sockets(this RegistryProcess registry) => Count(registry, target => target.StartsWith("socket:", StringComparison.Ordinal));

    public static int Objects(this RegistryProcess registry) => Count(registry, target => target.Contains("/objects/", StringComparison.Ordinal));

    /// <summary>The number that the next file or socket of the process will get.</summary>
    public static int LowestFreeDescriptor(this RegistryProcess registry)
    {
        var taken = Directory.EnumerateFileSystemEntries($"/proc/{registry.Id}/fd").Select(Path.GetFileName).ToHashSet();
        return Enumerable.Range(0, int.MaxValue).First(number => !taken.Contains($"{number}"));
    }

    /// <summary>From now on the process gets no descriptor of this number or above.</summary>
    public static Task LimitDescriptorsAsync(this RegistryProcess registry, int limit) =>
        ChildProcess.RunAsync("prlimit", ["--pid", $"{registry.Id}", $"--nofile={limit}:"]);

    /// <summary>The most memory the process has ever had, in bytes.</summary>
    public static long PeakMemory(this RegistryProcess registry)
    {
        var line = File.ReadLines($"/proc/{registry.Id}/status").Single(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) * 1024;
    }

    private static int Count(RegistryProcess registry, Func<string, bool> matches) =>
        Directory.EnumerateFileSystemEntries($"/proc/{registry.Id}/fd").Count(descriptor => Target(descriptor) is { } target && matches(target));

    private static string? Target(string descriptor)
    {
        try
        {
            return new FileInfo(descriptor).LinkTarget;
        }
        catch (IOException)
        {
            return null; // closed in the meantime
        }
    }
}
