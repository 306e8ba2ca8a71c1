using System.Text.RegularExpressions;

namespace Registry.Tests.Durability;

/// <summary>strace attached to a running process: writes down its system calls, or makes them fail.</summary>
internal sealed partial class Strace : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly ChildProcess _strace;

    private Strace(int process, IEnumerable<string> expressions) => _strace = ChildProcess.Start(
        "strace",
        ["-f", "-y", "-s", "200", "-o", _directory.File("calls"), .. expressions.SelectMany(expression => new[] { "-e", expression }), "-p", $"{process}"]);

    /// <summary>Returns when every thread of the process is watched. The expressions are those of strace's option -e.</summary>
    public static async Task<Strace> AttachAsync(int process, params string[] expressions)
    {
        var strace = new Strace(process, expressions);
        await Eventually.TrueAsync(
            () =>
            {
                Assert.False(strace._strace.HasExited, $"strace ended: {strace._strace.Errors}");
                return strace._strace.Errors.Contains("attached", StringComparison.Ordinal);
            },
            "strace is attached");
        return strace;
    }

    /// <summary>Lets the process go and returns its calls in the order in which they ended.</summary>
    public async Task<IReadOnlyList<SystemCall>> DetachAsync()
    {
        _strace.Terminate();
        await _strace.ExitedAsync();
        var calls = new List<SystemCall>();
        var unfinished = new Dictionary<string, (int Line, string Text)>();
        foreach (var (line, text) in (await File.ReadAllLinesAsync(_directory.File("calls"))).Index())
        {
            var thread = text[..text.IndexOf(' ', StringComparison.Ordinal)];
            var call = text[thread.Length..].Trim();
            if (call.EndsWith("<unfinished ...>", StringComparison.Ordinal))
            {
                unfinished[thread] = (line, call[..^"<unfinished ...>".Length]);
            }
            else if (Resumed.Match(call) is { Success: true } resumed && unfinished.Remove(thread, out var begun))
            {
                calls.Add(new SystemCall(begun.Text + call[resumed.Length..], begun.Line, line));
            }
            else
            {
                calls.Add(new SystemCall(call, line, line));
            }
        }

        return calls;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_strace.HasExited)
        {
            _strace.Terminate();
            await _strace.ExitedAsync();
        }

        await _strace.DisposeAsync();
        _directory.Dispose();
    }

    [GeneratedRegex(@"\A<\.\.\. \w+ resumed>")]
    private static partial Regex Resumed { get; }
}
