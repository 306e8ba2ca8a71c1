using System.Collections.Concurrent;

namespace Registry.Tests;

/// <summary>
/// Data directories for registries. They are used again once their files are deleted, while their folders stay: the first
/// start of a registry makes thousands of folders, which takes ext4 two seconds, and a test should not.
/// </summary>
public static class DataDirectories
{
    private static readonly ConcurrentBag<string> Free = [];

    public static string Take() => Free.TryTake(out var directory) ? directory : RunDirectory.Create("data");

    /// <summary>A new one for another replica: the folder of the objects is that of the first.</summary>
    public static string Beside(string first)
    {
        var directory = RunDirectory.Create("replica");
        Directory.CreateSymbolicLink(Path.Combine(directory, "objects"), Directory.CreateDirectory(Path.Combine(first, "objects")).FullName);
        return directory;
    }

    public static void Return(string directory)
    {
        foreach (var file in Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories))
        {
            File.Delete(file);
        }

        Free.Add(directory);
    }
}
