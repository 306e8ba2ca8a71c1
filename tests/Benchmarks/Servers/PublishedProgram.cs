namespace Registry.Benchmarks.Servers;

/// <summary>Publishes src/Registry as a release would: for this platform, compiled ahead of time.</summary>
internal static class PublishedProgram
{
    public static string Publish(string directory, Action<string> say)
    {
        var project = Path.Combine(RepositoryRoot(), "src", "Registry");
        string[] command = ["publish", project, "-c", "Release", "-o", directory, "--nologo", "-v", "quiet"];
        say("publishing src/Registry");
        try
        {
            Tools.Run("dotnet", [.. command, "-r", "linux-x64", "--self-contained", "false", "-p:PublishReadyToRun=true"]);
        }
        catch (BenchmarkException failure)
        {
            say($"not compiled ahead of time, start times suffer: {failure.Message}");
            Tools.Run("dotnet", command);
        }

        return Path.Combine(directory, "registry");
    }

    public static string RepositoryRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Registry.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new BenchmarkException("Registry.sln was not found above the program; use --program FILE.");
    }
}
