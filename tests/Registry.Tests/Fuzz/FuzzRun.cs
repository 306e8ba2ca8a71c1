using System.Collections.Concurrent;
using System.Text;

namespace Registry.Tests.Fuzz;

/// <summary>Runs the cases of a seed one after the other, several at once, until time is up or too much has failed.</summary>
internal sealed class FuzzRun(Uri address, int seed)
{
    private const int MaxFailures = 5;

    private readonly Corpus _corpus = new();
    private readonly ConcurrentQueue<string> _failures = new();
    private int _next;
    private long _requests;

    public int Cases => _next;

    public long Requests => _requests;

    /// <summary>What has failed, with all that is needed to repeat it.</summary>
    public IReadOnlyCollection<string> Failures => _failures;

    public async Task RunAsync(TimeSpan time, int workers)
    {
        using var stop = new CancellationTokenSource(time);
        await Task.WhenAll(Enumerable.Range(0, workers).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested && _failures.Count < MaxFailures)
            {
                await RunAsync(Interlocked.Increment(ref _next) - 1);
            }
        })));
    }

    public async Task RunAsync(int number)
    {
        var @case = FuzzCase.Make(_corpus, seed, number);
        var host = address.Authority;
        var location = $"/v2/library/app/blobs/uploads/{Guid.Empty}";
        var sent = new List<byte[]>();
        foreach (var messages in @case.IsPipelined ? [@case.Messages] : @case.Messages.Select(message => new List<Message> { message }))
        {
            byte[] bytes = [.. messages.SelectMany(message => @case.Bytes(message, host, location))];
            sent.Add(bytes);
            var exchange = new Exchange(address);
            await exchange.RunAsync(bytes, @case.Cut(bytes.Length), messages.TrueForAll(message => message.IsFramed));
            Interlocked.Increment(ref _requests);
            if (exchange.Complaint is { } complaint)
            {
                Fail($"Seed {seed}, case {number} ({@case.Name}): {complaint}", sent);
                return;
            }

            location = exchange.Location ?? location;
        }
    }

    private void Fail(string what, List<byte[]> sent)
    {
        var file = Path.Combine(Path.GetTempPath(), $"registry-fuzz-{seed}-{Guid.NewGuid():n}");
        var failure = $"{what}\nThe bytes of the requests are in {file}.bin:\n{string.Join("\n---\n", sent.Select(Escape))}";
        File.WriteAllBytes(file + ".bin", [.. sent.SelectMany(bytes => bytes)]);
        File.WriteAllText(file + ".txt", failure);
        _failures.Enqueue(failure);
    }

    /// <summary>As in a string literal of C, with line ends kept for the eye.</summary>
    private static string Escape(byte[] bytes)
    {
        var text = new StringBuilder();
        foreach (var b in bytes.Take(20_000))
        {
            text.Append(b switch
            {
                (byte)'\n' => "\\n\n",
                (byte)'\r' => "\\r",
                (byte)'\\' => "\\\\",
                >= 0x20 and < 0x7f => ((char)b).ToString(),
                _ => $"\\x{b:x2}",
            });
        }

        return text.Append(bytes.Length > 20_000 ? $"… ({bytes.Length} bytes)" : "").ToString();
    }
}
