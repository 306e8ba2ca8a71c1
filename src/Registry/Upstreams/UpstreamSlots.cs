namespace Registry.Upstreams;

/// <summary>How many requests are under way at a time. Blobs leave a quarter to the others: nobody waits for a layer to get a tag.</summary>
internal sealed class UpstreamSlots(int connections) : IDisposable
{
    private readonly SemaphoreSlim all = new(connections);
    private readonly SemaphoreSlim blobs = new(Math.Max(1, connections * 3 / 4));

    /// <summary>Waits for a slot, which is given back by disposing of what is returned.</summary>
    public async Task<IDisposable> TakeAsync(bool forBlob, CancellationToken cancellationToken)
    {
        if (!forBlob)
        {
            await all.WaitAsync(cancellationToken);
            return new Slot(all, null);
        }

        await blobs.WaitAsync(cancellationToken);
        try
        {
            await all.WaitAsync(cancellationToken);
        }
        catch
        {
            blobs.Release();
            throw;
        }

        return new Slot(all, blobs);
    }

    public void Dispose()
    {
        all.Dispose();
        blobs.Dispose();
    }

    private sealed class Slot(SemaphoreSlim all, SemaphoreSlim? blobs) : IDisposable
    {
        private bool returned;

        public void Dispose()
        {
            if (!Interlocked.Exchange(ref returned, true))
            {
                all.Release();
                blobs?.Release();
            }
        }
    }
}
