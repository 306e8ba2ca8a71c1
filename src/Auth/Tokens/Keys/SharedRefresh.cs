namespace Registry.Auth.Tokens.Keys;

/// <summary>Looks for new keys at most once in a while: all who ask meanwhile wait for the same look.</summary>
internal sealed class SharedRefresh(Func<Task> refresh, TimeSpan pause, TimeProvider time)
{
    private readonly Lock gate = new();
    private Task running = Task.CompletedTask;
    private long? last;

    /// <summary>Completes after the look that is under way, or a new one; at once when the last one is not long enough ago. Never fails.</summary>
    public Task RequestAsync()
    {
        lock (gate)
        {
            if (running.IsCompleted && (last is not { } before || time.GetElapsedTime(before) >= pause))
            {
                last = time.GetTimestamp();
                running = Task.Run(TryAsync);
            }

            return running;
        }
    }

    private async Task TryAsync()
    {
        try
        {
            await refresh();
        }
#pragma warning disable CA1031 // the keys that are known stay; the regular look reports what is wrong
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }
}
