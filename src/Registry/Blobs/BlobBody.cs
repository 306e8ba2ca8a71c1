using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Win32.SafeHandles;
using Registry.Connections;
using Registry.Storage.Objects;

namespace Registry.Blobs;

/// <summary>Sends bytes of an object as (part of) a response: from a file without a copy where the connection allows it.</summary>
internal sealed class BlobBody(TransferBudget budget, StallTimeout stall)
{
    // Below this a copy costs no more than the system call that avoids it.
    private const int SmallestZeroCopy = 64 << 10;

    // What one flush sends: Kestrel counts in 32 bits.
    private const int LargestZeroCopy = 1 << 30;
    private long zeroCopies;

    /// <summary>Ranges that were sent without a copy.</summary>
    public long ZeroCopies => Interlocked.Read(ref zeroCopies);

    /// <summary>Sends a range. An object that is too short breaks the connection: the answer must not look complete.</summary>
    public async Task WriteAsync(HttpContext http, ObjectContent content, ByteRange range)
    {
        var file = (content as FileContent)?.File;
        if (file is not null && range.Length >= SmallestZeroCopy && http.Features.Get<SocketOutput>() is { } output)
        {
            await http.Response.StartAsync(http.RequestAborted);
            if (await TrySendAsync(http, output, file, range))
            {
                return;
            }
        }

        await CopyAsync(http, content, range);
    }

    private async Task<bool> TrySendAsync(HttpContext http, SocketOutput output, SafeFileHandle file, ByteRange range)
    {
        var body = http.Response.BodyWriter;
        var (offset, left) = (range.From, range.Length);
        while (left > 0)
        {
            var count = (int)Math.Min(left, LargestZeroCopy);
            if (!output.TryAppend(body, file, offset, count))
            {
                return left < range.Length
                    ? throw new InvalidOperationException("the connection takes files no longer")
                    : false;
            }

            var result = await body.FlushAsync(http.RequestAborted);
            if (result.IsCompleted)
            {
                throw output.Failure ?? (Exception)new OperationCanceledException("the client has gone");
            }

            offset += count;
            left -= count;
        }

        Interlocked.Increment(ref zeroCopies);
        return true;
    }

    private async Task CopyAsync(HttpContext http, ObjectContent content, ByteRange range)
    {
        var (offset, left) = (range.From, range.Length);
        while (left > 0)
        {
            var large = left > TransferBudget.SmallStep && budget.TryTake();
            try
            {
                var step = (int)Math.Min(left, large ? TransferBudget.LargeStep : TransferBudget.SmallStep);
                var count = await CopyStepAsync(http, content, offset, step, left);
                offset += count;
                left -= count;
            }
            finally
            {
                if (large)
                {
                    budget.Return();
                }
            }
        }
    }

    private async Task<int> CopyStepAsync(HttpContext http, ObjectContent content, long offset, int step, long left)
    {
        var writer = http.Response.BodyWriter;
        var count = await content.ReadAsync(writer.GetMemory(step)[..step], offset, left, http.RequestAborted);
        writer.Advance(count);
        var flush = writer.FlushAsync(http.RequestAborted).Preserve();

        // A plain connection has this rule itself, but does not see a stream of HTTP/2 that waits for its window.
        await stall.WaitAsync(flush, http.Features.Get<IConnectionSocketFeature>()?.Socket);
        return flush.Result.IsCompleted ? throw new OperationCanceledException("the client has gone") : count;
    }
}
