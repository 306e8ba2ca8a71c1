namespace Registry.Upstreams;

/// <summary>
/// The body of a response: what stands still, ends early or goes on for too long throws, for the end of the stream means that all of it
/// has come. It takes its share of the bandwidth, and one of the upstream's connections until it is disposed.
/// </summary>
internal sealed class UpstreamBody : BodyStream
{
    private readonly HttpResponseMessage response;
    private readonly Stream inner;
    private readonly TimeSpan idle;
    private readonly Bandwidth bandwidth;
    private readonly IDisposable slot;
    private readonly CancellationTokenSource still = new();
    private long? left;

    /// <param name="response">The response that the body belongs to.</param>
    /// <param name="inner">Its content.</param>
    /// <param name="expected">How many bytes it has, if that is known.</param>
    /// <param name="idle">How long it may stand still.</param>
    /// <param name="bandwidth">What it shares with others.</param>
    /// <param name="slot">The connection it gives back.</param>
    public UpstreamBody(HttpResponseMessage response, Stream inner, long? expected, TimeSpan idle, Bandwidth bandwidth, IDisposable slot)
    {
        (this.response, this.inner, this.idle, this.bandwidth, this.slot) = (response, inner, idle, bandwidth, slot);
        left = expected;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await ReadInTimeAsync(buffer[..Math.Min(buffer.Length, bandwidth.Step)], cancellationToken);
        left -= count;
        if (left < 0 || (count == 0 && buffer.Length > 0 && left > 0))
        {
            throw new IOException(left < 0 ? "The upstream sent more than it had announced." : "The upstream ended before it had sent everything.");
        }

        await bandwidth.PayAsync(count, cancellationToken);
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            response.Dispose();
            still.Dispose();
            slot.Dispose();
        }

        base.Dispose(disposing);
    }

    private async ValueTask<int> ReadInTimeAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        using var caller = cancellationToken.UnsafeRegister(static still => ((CancellationTokenSource)still!).Cancel(), still);
        still.CancelAfter(idle);
        try
        {
            return await inner.ReadAsync(buffer, still.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IOException("The upstream has stopped sending.");
        }
        finally
        {
            still.CancelAfter(Timeout.InfiniteTimeSpan);
        }
    }
}
