using System.Diagnostics;

namespace Registry.Benchmarks;

/// <summary>Programs of the operating system that a run needs.</summary>
internal static class Tools
{
    /// <summary>Fails with the line to type when the program is not on the path.</summary>
    public static void Require(string program, string package)
    {
        if (Find(program) is null)
        {
            throw new BenchmarkException($"{program} is missing. Install it with: apt-get install {package}");
        }
    }

    public static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(File.Exists);

    /// <summary>Runs a program to its end and returns what it printed; anything but success is an exception with its output.</summary>
    public static string Run(string program, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start) ?? throw new BenchmarkException($"{program} did not start.");
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output
            : throw new BenchmarkException($"{program} ended with {process.ExitCode}: {output}{errors.Result}");
    }
}
