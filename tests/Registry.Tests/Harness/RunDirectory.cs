namespace Registry.Tests;

/// <summary>Where the files of this test run lie. A guard deletes them when the test process ends, however that happens.</summary>
public static class RunDirectory
{
    public static string Root { get; } = Directory.CreateTempSubdirectory("registry-tests-").FullName;

    // Held for its pipe, whose end tells the guard that the run is over.
    private static readonly ChildProcess Guard =
        ChildProcess.Start("bash", ["-c", "cat > /dev/null; rm -rf \"$1\"", "files-guard", Root], endsByItself: true);

    /// <summary>A new empty directory.</summary>
    public static string Create(string purpose)
    {
        Assert.False(Guard.HasExited, "The guard of the test files is gone.");
        return Directory.CreateDirectory(Path.Combine(Root, $"{purpose}-{Guid.NewGuid():n}")).FullName;
    }
}
