using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Registry.Tests;

/// <summary>A running program whose output is kept. The guard of <see cref="RunDirectory"/> ends what the tests leave running.</summary>
public sealed partial class ChildProcess : IAsyncDisposable
{
    private const int SigTerm = 15;

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _errors = new();

    private ChildProcess(ProcessStartInfo start)
    {
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Keep(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(_errors, line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    public string Output => Read(_output);

    public string Errors => Read(_errors);

    public static ChildProcess Start(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null, string? directory = null)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = directory ?? string.Empty };

        // By this the guard knows the processes of the run, and what a killed one leaves there goes with the files of the run.
        start.Environment["TMPDIR"] = RunDirectory.Root;
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[name] = value;
        }

        return new ChildProcess(start);
    }

    /// <summary>
    /// Starts a shell script that reads its input to the end, which comes when the test process ends, and then cleans up. It
    /// has a session of its own, so that what interrupts a run does not interrupt the cleaning.
    /// </summary>
    public static ChildProcess StartGuard(string script, params string[] arguments) =>
        new(new ProcessStartInfo("setsid", ["bash", "-c", script, "test-guard", .. arguments]));

    /// <summary>Runs a program to its end, which has to be a success, and returns its output.</summary>
    public static async Task<string> RunAsync(
        string program,
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string?>? environment = null,
        string? directory = null,
        TimeSpan? guard = null)
    {
        var all = arguments.ToArray();
        await using var process = Start(program, all, environment, directory);
        await process.ExitedAsync(guard);
        Assert.True(process.ExitCode is 0, $"{program} {string.Join(' ', all)}\nended with {process.ExitCode}\n{process.Output}\n{process.Errors}");
        return process.Output;
    }

    /// <summary>Runs a program to its end, which has to be a failure, and returns what it complains about.</summary>
    public static async Task<string> FailAsync(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null)
    {
        var all = arguments.ToArray();
        await using var process = Start(program, all, environment);
        await process.ExitedAsync();
        Assert.True(process.ExitCode is not 0, $"{program} {string.Join(' ', all)}\nsucceeded\n{process.Output}\n{process.Errors}");
        return process.Errors;
    }

    /// <summary>Runs a program to its end, which may be a success or a failure.</summary>
    public static async Task AttemptAsync(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null, TimeSpan? guard = null)
    {
        await using var process = Start(program, arguments, environment);
        await process.ExitedAsync(guard);
    }

    /// <summary>Writes a line to the standard input.</summary>
    public async Task SendAsync(string line)
    {
        await _process.StandardInput.WriteLineAsync(line);
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>Ends the standard input, which is the end of a guard.</summary>
    public void EndInput() => _process.StandardInput.Close();

    /// <summary>SIGKILL.</summary>
    public void Kill() => _process.Kill();

    /// <summary>SIGTERM.</summary>
    public void Terminate()
    {
        if (SendSignal(_process.Id, SigTerm) is not 0)
        {
            throw new InvalidOperationException($"SIGTERM could not be sent to {_process.Id}: error {Marshal.GetLastPInvokeError()}.");
        }
    }

    /// <summary>Waits for the end and for the last line of output.</summary>
    public async Task ExitedAsync(TimeSpan? guard = null) => await _process.WaitForExitAsync().WaitAsync(guard ?? Eventually.Guard);

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await ExitedAsync();
        }

        _process.Dispose();
    }

    private static void Keep(StringBuilder lines, string? line)
    {
        if (line is not null)
        {
            lock (lines)
            {
                lines.AppendLine(line);
            }
        }
    }

    private static string Read(StringBuilder lines)
    {
        lock (lines)
        {
            return lines.ToString();
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int process, int signal);
}
