using System.Collections.Concurrent;

namespace Registry.Storage.Objects;

/// <summary>Syncs folders: one sync in flight serves all that wait for the same folder.</summary>
internal sealed class FolderSync
{
    private readonly ConcurrentDictionary<string, Task> inFlight = new();

    /// <summary>Completes after a sync of the folder that began after this call.</summary>
    /// <exception cref="IOException">The sync failed.</exception>
    public async Task SyncAsync(string folder)
    {
        for (var waited = false; ; waited = true)
        {
            var mine = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var current = inFlight.GetOrAdd(folder, mine.Task);
            if (current == mine.Task)
            {
                Lead(folder, mine);
                await mine.Task;
                return;
            }

            // The first one met may have begun before our name was written. One met after that has begun after it.
            if (waited)
            {
                await current;
                return;
            }

            await current.ContinueWith(_ => { }, TaskScheduler.Default);
        }
    }

    private void Lead(string folder, TaskCompletionSource mine)
    {
        try
        {
            Posix.SyncDirectory(folder);
            inFlight.TryRemove(folder, out _);
            mine.SetResult();
        }
        catch (IOException e)
        {
            inFlight.TryRemove(folder, out _);
            mine.SetException(e);
        }
    }
}
