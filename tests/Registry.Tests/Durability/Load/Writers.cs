using System.Net.Sockets;

namespace Registry.Tests.Durability.Load;

/// <summary>Writers at work, all at once, until they are stopped or the registry dies.</summary>
internal sealed class Writers
{
    private readonly List<Writer> _writers = [];
    private readonly Task _running;
    private volatile bool _stopped;

    private Writers(HttpClient http, Ledger ledger, LoadOptions options, int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < options.Writers; i++)
        {
            _writers.Add(new Writer(http, $"load/app{i}", $"load/app{(i + 1) % options.Writers}", ledger, options, random.Next()));
        }

        _running = Task.WhenAll(_writers.Select(writer => Task.Run(() => writer.RunAsync(() => _stopped))));
    }

    /// <summary>The writers' repositories, and with them the ledger, are the same each time.</summary>
    public static Writers Start(HttpClient http, Ledger ledger, LoadOptions options, int seed) => new(http, ledger, options, seed);

    /// <summary>What a request fails with when the registry dies.</summary>
    public static bool IsGone(Exception exception) => exception is HttpRequestException or IOException or SocketException;

    /// <summary>Waits for something that the load brings about. A writer that fails ends the waiting.</summary>
    public Task UntilAsync(Func<bool> condition, string what) => Eventually.TrueAsync(
        async () =>
        {
            if (_running.IsFaulted)
            {
                await _running;
            }

            return condition();
        },
        what);

    /// <summary>Waits while they work. A writer that fails ends the waiting.</summary>
    public async Task ForAsync(TimeSpan time)
    {
        if (await Task.WhenAny(_running, Task.Delay(time)) == _running)
        {
            await _running;
        }
    }

    /// <summary>Lets every writer end what it does.</summary>
    public async Task StopAsync()
    {
        _stopped = true;
        await _running;
    }

    /// <summary>The registry is dead: the writers notice. Returns the changes whose answers are lost.</summary>
    public async Task<IReadOnlyList<Change>> EndedAsync()
    {
        _stopped = true;
        try
        {
            await _running;
        }
        catch (Exception e) when (IsGone(e))
        {
            // What the others threw matters as well.
            foreach (var other in _running.Exception!.InnerExceptions)
            {
                Assert.True(IsGone(other), $"{other}");
            }
        }

        return [.. _writers.Select(writer => writer.InDoubt).OfType<Change>()];
    }
}
