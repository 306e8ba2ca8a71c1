using System.Collections.Concurrent;
using System.Text;

namespace Registry.Tests.Durability.Load;

/// <summary>
/// All that a registry has acknowledged, on disk line by line before the next request is sent, and what it has to show
/// by that.
/// </summary>
internal sealed class Ledger : IDisposable
{
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, Shelf> _shelves = new();

    // The variable LEDGERS names a directory where the ledgers stay after the run.
    private readonly FileStream _file = new(
        Path.Combine(Environment.GetEnvironmentVariable("LEDGERS") ?? RunDirectory.Create("ledger"), $"acknowledged-{Guid.NewGuid():n}"), FileMode.CreateNew);

    private int _count;

    /// <summary>The changes that were acknowledged.</summary>
    public int Count => Volatile.Read(ref _count);

    public Shelf this[string repository] => _shelves.GetOrAdd(repository, name => new Shelf(name));

    public void Acknowledge(Change change)
    {
        lock (_gate)
        {
            _file.Write(Encoding.UTF8.GetBytes($"{change}\n"));
            _file.Flush(flushToDisk: true);
            this[change.Repository].Apply(change);
            _count++;
        }
    }

    /// <summary>Looks whether the changes have happened whose answers were lost; from here on that stays so.</summary>
    public async Task ResolveAsync(HttpClient http, IEnumerable<Change> inDoubt)
    {
        foreach (var change in inDoubt)
        {
            if (await this[change.Repository].HasHappenedAsync(http, change))
            {
                Acknowledge(change);
            }
        }
    }

    /// <summary>The registry shows what was acknowledged, whole, and nothing that was deleted.</summary>
    public Task VerifyAsync(HttpClient http) => Parallel.ForEachAsync(_shelves.Values, async (shelf, _) => await shelf.VerifyAsync(http));

    public void Dispose() => _file.Dispose();
}
