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

    public static void Return(string directory)
    {
        foreach (var file in Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories))
        {
            File.Delete(file);
        }

        Free.Add(directory);
    }
}
