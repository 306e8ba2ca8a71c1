using System.Buffers;

namespace Registry.Storage.Objects.S3;

/// <summary>
/// An object that grows in a bucket. Bytes are gathered until they are a part, and sent while the next part is gathered. What is too
/// little for a part when the request ends becomes rows, and begins the next part.
/// </summary>
internal sealed class S3ObjectWriter(MultipartUpload multipart, UploadTail tail, PartBuffers buffers, Spool? spool, long position, long? expected)
    : IObjectWriter
{
    // How long a client may take to fill a part while others wait for memory.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly List<SentPart> sent = [];
    private readonly CancellationTokenSource stop = new();
    private readonly long end = position + (expected ?? 0);

    // The bytes from the last part's end on that are rows, and those that are in memory.
    private long inRows = position - multipart.End;
    private PartBuffer? buffer;

    public long Position { get; private set; } = position;

    public bool IsLost { get; private set; }

    public bool HoldsMemory => buffer is not null;

    public bool ShouldYield => buffer?.Age > Patience && buffers.AreWanted;

    public async ValueTask AppendAsync(ReadOnlySequence<byte> bytes, RunningHash? hash, CancellationToken cancellationToken)
    {
        spool?.Append(Position, bytes);
        foreach (var segment in bytes)
        {
            for (var left = segment; left.Length > 0;)
            {
                buffer ??= await buffers.TakeAsync(Wanted(), cancellationToken);
                var room = PartSize.At(multipart.End) - inRows - buffer.Length;
                var piece = left[..(int)Math.Min(room, left.Length)];
                buffer.Append(piece.Span);
                hash?.Update(piece.Span);
                Position += piece.Length;
                left = left[piece.Length..];
                if (piece.Length == room)
                {
                    await SendAsync(hash, cancellationToken);
                }
            }
        }
    }

    public async Task<Checkpoint?> CheckpointAsync(RunningHash? hash, CheckpointReach reach)
    {
        if (reach is CheckpointReach.Cheap)
        {
            if (sent is not [{ Upload.IsCompleted: true }, ..])
            {
                return null;
            }

            var done = sent.TakeWhile(part => part.Upload.IsCompleted).ToList();
            sent.RemoveRange(0, done.Count);
            return new S3Checkpoint(done[^1].End, done[^1].HashState, multipart, await RowsAsync(done), tail, [], reach);
        }

        if (inRows + (buffer?.Length ?? 0) >= PartSize.Least)
        {
            await SendAsync(hash, stop.Token);
        }

        var rows = await RowsAsync(sent);
        sent.Clear();
        var rest = buffer;
        buffer = null;
        inRows += rest?.Length ?? 0;
        return new S3Checkpoint(Position, hash?.Save(), multipart, rows, tail, rest is null ? [] : [rest], reach);
    }

    public async Task<Checkpoint> RevertAsync(long position, byte[]? hashState)
    {
        await StopAsync();
        Position = position;
        return new S3Reversion(position, hashState, multipart, tail);
    }

    public async Task<Checkpoint> CompleteAsync()
    {
        if (!multipart.IsBegun)
        {
            await PutAsync();
        }
        else
        {
            if (inRows + (buffer?.Length ?? 0) > 0)
            {
                await SendAsync(null, stop.Token);
            }

            var rows = await RowsAsync(sent);
            sent.Clear();
            try
            {
                await multipart.CompleteAsync(rows, Position);
            }
            catch (IOException)
            {
                // It may be completed all the same, now or later.
                IsLost = true;
                throw;
            }
        }

        spool?.Complete();
        return new S3Completion(Position, multipart, tail);
    }

    public async ValueTask AbandonAsync(long position) => await StopAsync();

    public async ValueTask DisposeAsync()
    {
        spool?.Dispose();
        await StopAsync();
        stop.Dispose();
    }

    // With rows before them the bytes become a part together, and are in memory together then.
    private long Wanted() => expected is null ? PartSize.At(multipart.End) : Math.Min(PartSize.At(multipart.End), inRows + Math.Max(1, end - Position));

    private async Task SendAsync(RunningHash? hash, CancellationToken cancellationToken)
    {
        if (sent.Count(part => !part.Upload.IsCompleted) >= PartSize.InFlight)
        {
            await Task.WhenAny(sent.Where(part => !part.Upload.IsCompleted).Select(part => part.Upload));
        }

        if (sent.FirstOrDefault(part => part.Upload.IsFaulted) is { Upload: { } failed })
        {
            await failed;
        }

        var part = buffer ?? await buffers.TakeAsync(inRows, cancellationToken);
        buffer = part;
        if (inRows > 0)
        {
            await tail.ReadAsync(part, multipart.End, inRows);
        }

        var number = await multipart.NextNumberAsync();
        buffer = null;
        sent.Add(new SentPart(number, multipart.End, part.Length, hash?.Save(), multipart.SendAsync(number, part, stop.Token)));
        multipart.End += part.Length;
        inRows = 0;
    }

    private async Task PutAsync()
    {
        using var whole = buffer ?? await buffers.TakeAsync(inRows, CancellationToken.None);
        buffer = null;
        if (inRows > 0)
        {
            await tail.ReadAsync(whole, 0, inRows);
        }

        await multipart.PutAsync(whole);
    }

    private static async Task<IReadOnlyList<MultipartPart>> RowsAsync(IEnumerable<SentPart> parts)
    {
        var rows = new List<MultipartPart>();
        foreach (var part in parts)
        {
            rows.Add(new MultipartPart(part.Number, part.Position, part.Length, await part.Upload));
        }

        return rows;
    }

    private async Task StopAsync()
    {
        await stop.CancelAsync();
        foreach (var part in sent)
        {
            await part.Upload.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }

        sent.Clear();
        buffer?.Dispose();
        buffer = null;
    }

    private sealed record SentPart(long Number, long Position, long Length, byte[]? HashState, Task<string> Upload)
    {
        public long End => Position + Length;
    }
}
