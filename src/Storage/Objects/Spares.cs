namespace Registry.Storage.Objects;

/// <summary>
/// Memory that waits for its next use, so that it is not thrown away while it is in turn: the runtime frees large and pinned arrays far
/// too late for that. What nobody has needed for a while is left to it.
/// </summary>
/// <param name="make">Makes one where none is left.</param>
public sealed class Spares<T>(Func<T> make)
{
    private const long TrimInterval = 10_000;

    private readonly Lock gate = new();
    private readonly Stack<T> idle = new();
    private int leastIdle;
    private long trimmedAt = Environment.TickCount64;

    /// <summary>One that was given back, or a new one.</summary>
    public T Take()
    {
        lock (gate)
        {
            if (idle.TryPop(out var spare))
            {
                leastIdle = Math.Min(leastIdle, idle.Count);
                return spare;
            }

            leastIdle = 0;
        }

        return make();
    }

    /// <summary>Keeps it for the next who needs one.</summary>
    public void Give(T spare)
    {
        lock (gate)
        {
            idle.Push(spare);
            if (Environment.TickCount64 - trimmedAt > TrimInterval)
            {
                Trim();
            }
        }
    }

    /// <summary>Keeps none of those that are here.</summary>
    public void Clear()
    {
        lock (gate)
        {
            idle.Clear();
            leastIdle = 0;
        }
    }

    // As many as have lain idle all the time since the last trim.
    private void Trim()
    {
        for (; leastIdle > 0; leastIdle--)
        {
            idle.Pop();
        }

        leastIdle = idle.Count;
        trimmedAt = Environment.TickCount64;
    }
}
