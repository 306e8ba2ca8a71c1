namespace Registry.Tests;

/// <summary>The repository the tests were built from, for tests about its files.</summary>
public static class SourceTree
{
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    /// <summary>Files below a folder, without what builds leave there.</summary>
    public static string[] Files(string folder, string pattern) =>
        [.. Directory.EnumerateFiles(Path.Combine(Root, folder), pattern, SearchOption.AllDirectories).Where(file => !IsBuilt(file))];

    private static bool IsBuilt(string file) =>
        Path.GetRelativePath(Root, file).Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj");

    private static string Find(string directory) =>
        File.Exists(Path.Combine(directory, "Registry.sln"))
            ? directory
            : Find(Path.GetDirectoryName(directory) ?? throw new InvalidOperationException("Registry.sln is in no folder above the tests."));
}
