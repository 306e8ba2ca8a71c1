using Microsoft.AspNetCore.Connections.Features;
using Registry.Connections;
using Registry.Storage.Objects;

namespace Registry.Blobs;

/// <summary>Sends bytes of an object as (part of) a response: from a file without a copy where the connection allows it.</summary>
internal sealed class BlobBody(TransferBudget budget, StallTimeout stall)
{
    // Below this a copy costs no more than the system call that avoids it.
    private const int SmallestZeroCopy = 64 << 10;

    // What one flush sends: Kestrel counts in 32 bits.
    private const long LargestZeroCopy = 1 << 30;

    private long zeroCopies;

    /// <summary>Ranges that were sent at once and without a copy.</summary>
    public long ZeroCopies => Interlocked.Read(ref zeroCopies);

    /// <summary>Sends a range. An object that is too short breaks the connection: the answer must not look complete.</summary>
    public async Task WriteAsync(HttpContext http, ObjectContent content, ByteRange range)
    {
        var (offset, left) = (range.From, range.Length);
        var output = range.Length >= SmallestZeroCopy ? http.Features.Get<SocketOutput>() : null;
        while (left > 0)
        {
            var sent = output is null ? 0 : await TrySendAsync(http, output, content, offset, left);
            if (sent == 0)
            {
                sent = await CopyAsync(http, content, offset, left);
            }
            else if (sent == range.Length)
            {
                Interlocked.Increment(ref zeroCopies);
            }

            offset += sent;
            left -= sent;
        }
    }

    /// <summary>Sends as many of the next bytes as are in a file; 0 when they have to be copied.</summary>
    private static async ValueTask<long> TrySendAsync(HttpContext http, SocketOutput output, ObjectContent content, long offset, long left)
    {
        if (await content.FindFileAsync(offset, Math.Min(left, LargestZeroCopy), http.RequestAborted) is not { } piece
            || piece.Length < Math.Min(left, SmallestZeroCopy))
        {
            return 0;
        }

        await http.Response.StartAsync(http.RequestAborted);
        if (!output.TryAppend(http.Response.BodyWriter, piece.File, offset, (int)piece.Length))
        {
            return 0;
        }

        var result = await http.Response.BodyWriter.FlushAsync(http.RequestAborted);
        return result.IsCompleted ? throw output.Failure ?? (Exception)new OperationCanceledException("the client has gone") : piece.Length;
    }

    private async ValueTask<long> CopyAsync(HttpContext http, ObjectContent content, long offset, long left)
    {
        var large = left > TransferBudget.SmallStep && budget.TryTake();
        try
        {
            return await CopyStepAsync(http, content, offset, (int)Math.Min(left, large ? TransferBudget.LargeStep : TransferBudget.SmallStep), left);
        }
        finally
        {
            if (large)
            {
                budget.Return();
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
