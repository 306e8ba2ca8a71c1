using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Registry.Tests;

/// <summary>A running program whose output is kept and which does not outlive the test process.</summary>
public sealed partial class ChildProcess : IAsyncDisposable
{
    private const int SigTerm = 15;

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _errors = new();

    private ChildProcess(ProcessStartInfo start, bool endsByItself)
    {
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Keep(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(_errors, line.Data);
        if (!endsByItself)
        {
            AppDomain.CurrentDomain.ProcessExit += OnTestProcessExit;
        }

        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    public string Output => Read(_output);

    public string Errors => Read(_errors);

    /// <summary>
    /// Its standard input stays open as long as the test process lives. A program that takes the end of its input as the
    /// sign to clean up and stop says so with <paramref name="endsByItself"/>; all others are killed.
    /// </summary>
    public static ChildProcess Start(
        string program,
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string?>? environment = null,
        string? directory = null,
        bool endsByItself = false)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = directory ?? string.Empty,
        };
        // What a killed program leaves in its temporary directory goes with the files of the run.
        start.Environment["TMPDIR"] = RunDirectory.Root;
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[name] = value;
        }

        return new ChildProcess(start, endsByItself);
    }

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
        AppDomain.CurrentDomain.ProcessExit -= OnTestProcessExit;
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

    private void OnTestProcessExit(object? sender, EventArgs e)
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }
    }
}
