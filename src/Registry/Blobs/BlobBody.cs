using Microsoft.Win32.SafeHandles;

namespace Registry.Blobs;

/// <summary>Sends bytes of a file as (part of) a response.</summary>
internal sealed class BlobBody(TransferBudget budget)
{
    // A client that takes nothing for this long is gone.
    private static readonly TimeSpan Stall = TimeSpan.FromMinutes(5);

    /// <summary>Sends a range of a file. A file that is too short breaks the connection: the answer must not look complete.</summary>
    public async Task WriteAsync(HttpContext http, SafeFileHandle file, ByteRange range)
    {
        var (offset, left) = (range.From, range.Length);
        while (left > 0)
        {
            var large = left > TransferBudget.SmallStep && budget.TryTake();
            try
            {
                var step = (int)Math.Min(left, large ? TransferBudget.LargeStep : TransferBudget.SmallStep);
                var count = await StepAsync(http, file, offset, step);
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

    private static async Task<int> StepAsync(HttpContext http, SafeFileHandle file, long offset, int step)
    {
        var writer = http.Response.BodyWriter;
        var count = RandomAccess.Read(file, writer.GetMemory(step).Span[..step], offset);
        if (count == 0)
        {
            throw new IOException("the object is shorter than its row says");
        }

        writer.Advance(count);
        var flush = writer.FlushAsync(http.RequestAborted);
        var result = flush.IsCompleted ? await flush : await flush.AsTask().WaitAsync(Stall);
        return result.IsCompleted ? throw new OperationCanceledException("the client has gone") : count;
    }
}
