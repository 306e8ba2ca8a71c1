namespace Registry.Tests;

/// <summary>
/// Where the files of this test run lie. A guard ends the programs and deletes the files that are left when the test process
/// ends, however that happens.
/// </summary>
public static class RunDirectory
{
    private const string Script = """
        cat > /dev/null
        for process in $(grep -lsz "^TMPDIR=$1\$" /proc/[0-9]*/environ | cut -d/ -f3); do kill -KILL "$process"; done
        rm -rf "$1"
        """;

    public static string Root { get; } = Directory.CreateTempSubdirectory("registry-tests-").FullName;

    // Held for its pipe, whose end tells the guard that the run is over.
    private static readonly ChildProcess Guard = ChildProcess.StartGuard(Script, Root);

    /// <summary>A new empty directory.</summary>
    public static string Create(string purpose)
    {
        Assert.False(Guard.HasExited, "The guard of the test files is gone.");
        return Directory.CreateDirectory(Path.Combine(Root, $"{purpose}-{Guid.NewGuid():n}")).FullName;
    }
}
