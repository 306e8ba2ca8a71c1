namespace Registry.Storage.Objects.S3;

/// <summary>
/// The memory that all uploads together may use for parts. Who finds none left waits, first come first served, and reads nothing
/// from its client meanwhile.
/// </summary>
internal sealed class PartBuffers(long budget)
{
    private readonly Lock gate = new();
    private readonly LinkedList<(long Bytes, TaskCompletionSource Turn)> waiting = [];
    private readonly Spares<byte[]> blocks = new(() => GC.AllocateUninitializedArray<byte>(PartBuffer.Block));
    private long taken;

    /// <summary>Whether somebody waits.</summary>
    public bool AreWanted
    {
        get
        {
            lock (gate)
            {
                return waiting.Count > 0;
            }
        }
    }

    /// <summary>Room for a part; dispose it to give it back. A part larger than the whole budget gets all of it, and more memory.</summary>
    public async ValueTask<PartBuffer> TakeAsync(long bytes, CancellationToken cancellationToken)
    {
        bytes = Math.Clamp(bytes, PartBuffer.Block, budget);
        var turn = default(TaskCompletionSource);
        lock (gate)
        {
            if (waiting.Count == 0 && budget - taken >= bytes)
            {
                taken += bytes;
            }
            else
            {
                turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                waiting.AddLast((bytes, turn));
            }
        }

        if (turn is not null)
        {
            using var cancelled = cancellationToken.Register(() => turn.TrySetCanceled(cancellationToken));
            await turn.Task;
        }

        return new PartBuffer(this, bytes);
    }

    internal byte[] TakeBlock() => blocks.Take();

    internal void Return(long bytes, IEnumerable<byte[]> used)
    {
        foreach (var block in used)
        {
            blocks.Give(block);
        }

        lock (gate)
        {
            taken -= bytes;
            while (waiting.First is { Value: var next } && (next.Turn.Task.IsCompleted || budget - taken >= next.Bytes))
            {
                waiting.RemoveFirst();
                if (next.Turn.TrySetResult())
                {
                    taken += next.Bytes;
                }
            }
        }
    }
}
