using System.Collections.Concurrent;

namespace Registry.Storage.Uploads;

/// <summary>
/// The uploads this process is writing to. Whoever has taken over a lapsed claim first stops the old writer, if it still
/// hangs here, and waits for its end: two writers must never be in one file.
/// </summary>
internal sealed class ActiveWriters
{
    private readonly ConcurrentDictionary<Guid, Presence> present = new();

    /// <summary>Enters once nobody else is in.</summary>
    public async Task<Presence> EnterAsync(Guid upload)
    {
        var mine = new Presence(this, upload);
        while (true)
        {
            var other = present.GetOrAdd(upload, mine);
            if (other == mine)
            {
                return mine;
            }

            await other.StopAsync();
        }
    }

    /// <summary>One writer's stay.</summary>
    internal sealed class Presence(ActiveWriters writers, Guid upload) : IDisposable
    {
        private readonly CancellationTokenSource stop = new();
        private readonly TaskCompletionSource left = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Fires when somebody else has taken the claim over.</summary>
        public CancellationToken Stopped => stop.Token;

        public async Task StopAsync()
        {
            await stop.CancelAsync();
            await left.Task;
        }

        public void Dispose()
        {
            writers.present.TryRemove(new(upload, this));
            left.TrySetResult();
        }
    }
}
