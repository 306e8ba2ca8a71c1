namespace Registry.Tests;

/// <summary>The program's commands, as a person or a script runs them.</summary>
public static class RegistryCommandLine
{
    /// <summary>Runs a command that has to succeed; returns what it prints.</summary>
    /// <param name="directory">The data directory, or null for none.</param>
    /// <param name="input">A line for its standard input.</param>
    /// <param name="arguments">The command.</param>
    /// <param name="environment">Variables of its environment.</param>
    public static async Task<string> RunAsync(
        string? directory, string input, string[] arguments, params (string Name, string Value)[] environment)
    {
        await using var process = await EndAsync(directory, input, arguments, environment);
        Assert.True(process.ExitCode is 0, $"registry {string.Join(' ', arguments)} ended with {process.ExitCode}\n{process.Output}\n{process.Errors}");
        return process.Output;
    }

    /// <summary>Runs a command that has to fail; returns its exit code and what it complains about.</summary>
    public static async Task<(int Code, string Message)> FailAsync(string? directory, params string[] arguments)
    {
        await using var process = await EndAsync(directory, null, arguments);
        Assert.True(process.ExitCode is not 0, $"registry {string.Join(' ', arguments)} succeeded\n{process.Output}\n{process.Errors}");
        return (process.ExitCode, process.Errors.Trim());
    }

    /// <summary>Runs a command to its end, however that is.</summary>
    public static async Task<ChildProcess> EndAsync(
        string? directory, string? input, string[] arguments, params (string Name, string Value)[] environment)
    {
        var process = ChildProcess.Start(
            "dotnet",
            [Path.Combine(AppContext.BaseDirectory, "registry.dll"), .. arguments, .. directory is null ? Array.Empty<string>() : [$"--DataDirectory={directory}"]],
            environment.ToDictionary(variable => variable.Name, variable => (string?)variable.Value));
        if (input is not null)
        {
            await process.SendAsync(input);
        }

        process.EndInput();
        await process.ExitedAsync();
        return process;
    }
}
