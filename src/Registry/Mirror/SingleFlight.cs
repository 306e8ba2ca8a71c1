using System.Collections.Concurrent;

namespace Registry.Mirror;

/// <summary>Work that is under way once for all who ask for it, and ends for itself, whoever leaves.</summary>
internal sealed class SingleFlight<TKey, TResult>
    where TKey : notnull
{
    private readonly ConcurrentDictionary<TKey, Lazy<Task<TResult>>> flights = [];

    /// <summary>The result of the work that is under way for the key, or is begun.</summary>
    /// <param name="key">What it is about.</param>
    /// <param name="work">The work; it must end by itself.</param>
    /// <param name="cancellationToken">Ends the wait, not the work.</param>
    public Task<TResult> RunAsync(TKey key, Func<Task<TResult>> work, CancellationToken cancellationToken)
    {
        var flight = flights.GetOrAdd(key, static (key, state) => new(() => state.Self.FlyAsync(key, state.Work)), (Self: this, Work: work));
        return flight.Value.WaitAsync(cancellationToken);
    }

    private Task<TResult> FlyAsync(TKey key, Func<Task<TResult>> work) => Task.Run(async () =>
    {
        try
        {
            return await work();
        }
        finally
        {
            flights.TryRemove(key, out _);
        }
    });
}
