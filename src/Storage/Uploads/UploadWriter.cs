using System.IO.Pipelines;
using System.Security.Cryptography;
using Registry.Storage.Objects;
using Registry.Storage.Oci;

namespace Registry.Storage.Uploads;

/// <summary>
/// The claim on one upload, and the one pass from the request to the object: hash on the way, checkpoints in between.
/// Disposing it without <see cref="CloseAsync"/> or <see cref="PauseAsync"/> leaves the session at its last checkpoint.
/// </summary>
public sealed class UploadWriter : IAsyncDisposable
{
    private const int WorthWriting = 128 << 10;
    private static readonly TimeSpan RenewalDistance = TimeSpan.FromSeconds(10);

    // How often a client that sends little is looked at: it may hold memory that others wait for.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Upload upload;
    private readonly byte[] writer;
    private readonly ActiveWriters.Presence presence;
    private readonly UploadStore store;
    private readonly IObjectStore objects;
    private RunningHash? hash;
    private IObjectWriter? growing;
    private Task checkpoint = Task.CompletedTask;
    private long checkpointAt;
    private long renewedAt = Environment.TickCount64;
    private bool released;

    internal UploadWriter(Upload upload, byte[] writer, ActiveWriters.Presence presence, UploadStore store, IObjectStore objects)
    {
        (this.upload, this.writer, this.presence, this.store, this.objects) = (upload, writer, presence, store, objects);
        hash = upload.Position == 0 ? null : RunningHash.Resume(upload.Algorithm, upload.HashState, upload.Position);
        checkpointAt = Position = upload.Position;
    }

    /// <summary>The bytes the upload has, with those of this request.</summary>
    public long Position { get; private set; }

    /// <summary>Where the bytes go.</summary>
    public ObjectId Object => upload.Object;

    /// <summary>Whether others will want the bytes before they are whole. Said before the first are received.</summary>
    public bool IsFollowed { get; set; }

    /// <summary>Called when the object has begun to grow: from then on it can be followed.</summary>
    public Action? Begun { get; set; }

    /// <summary>Appends the whole body.</summary>
    /// <param name="body">The request's body.</param>
    /// <param name="length">Its length, if the client has told.</param>
    /// <param name="closesWith">The algorithm of the closing digest, where this body is all there is.</param>
    /// <param name="limit">The most bytes that may come; one more is SIZE_INVALID.</param>
    /// <param name="cancellationToken">Fires when the client has gone.</param>
    /// <exception cref="IOException">The store is full or fails, or the client is gone.</exception>
    public async Task ReceiveAsync(
        PipeReader body, long? length, DigestAlgorithm? closesWith, long limit, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, presence.Stopped);
        if (Position == 0)
        {
            hash = RunningHash.Start(closesWith ?? upload.Algorithm);
        }

        growing = Open(length);
        Begun?.Invoke();
        while (true)
        {
            var read = await ReadAsync(body, either.Token);
            try
            {
                if (read.Buffer.Length > limit)
                {
                    throw new OciException(OciError.SizeInvalid, "the body is longer than Content-Range says");
                }

                limit -= read.Buffer.Length;
                await WhileRenewingAsync(growing.AppendAsync(read.Buffer, hash, either.Token));
                Position = growing.Position;
            }
            finally
            {
                // Also after a failure: what is left of the body can only be drained when nobody is reading.
                body.AdvanceTo(read.Buffer.End);
            }

            if (read.IsCompleted)
            {
                return;
            }

            await CheckpointAsync();
        }
    }

    /// <summary>Ends the request: the bytes are safe, the position is recorded, the claim is given back.</summary>
    public async Task PauseAsync()
    {
        await checkpoint;
        growing ??= Open(0);
        var end = await WhileRenewingAsync(SaveAsync(CheckpointReach.End)) ?? throw new InvalidOperationException("there is always an end");

        // From here on the position may be recorded, whatever answer the database gives: the bytes must stay.
        checkpointAt = Position;
        await store.ProgressAsync(upload, writer, end, release: true);
        released = true;
    }

    /// <summary>Takes back what this request has brought, and gives the claim back.</summary>
    public async Task RevertAsync()
    {
        await checkpoint;
        if (growing is not null)
        {
            await store.ProgressAsync(upload, writer, await growing.RevertAsync(upload.Position, upload.HashState), release: true);
            released = true;
        }
    }

    /// <summary>Ends the upload: content and digest agree, everything is safe, the blob is in the repository.</summary>
    /// <exception cref="OciException">DIGEST_INVALID: the content is something else. The session is gone.</exception>
    public async Task CloseAsync(Digest digest)
    {
        await checkpoint;
        growing ??= Open(0);
        var known = Position == 0 ? Digest.Of(digest.Algorithm, []) : hash?.Algorithm == digest.Algorithm ? hash.Finish() : default(Digest?);
        await RefuseAsync(known ?? digest, digest);
        var end = await WhileRenewingAsync(CompleteAsync(growing));
        if (known is null)
        {
            await RefuseAsync(await WhileRenewingAsync(ReadAgainAsync(digest.Algorithm)), digest);
        }

        checkpointAt = Position;
        await store.CloseAsync(upload, writer, digest, end);
        released = true;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await checkpoint.ContinueWith(_ => { }, TaskScheduler.Default);
        if (growing is not null)
        {
            if (!released)
            {
                // Nothing was said about what came after the last checkpoint.
                await growing.AbandonAsync(checkpointAt);
            }

            await growing.DisposeAsync();
        }

        presence.Dispose();
        if (!released)
        {
            await store.ReleaseAsync(upload, writer);
        }
    }

    private IObjectWriter Open(long? expected) => objects.OpenWriter(upload.Object, upload.State, upload.Id, Position, expected, IsFollowed);

    private ValueTask<ReadResult> ReadAsync(PipeReader body, CancellationToken cancellationToken)
    {
        var reading = body.ReadAtLeastAsync(WorthWriting, cancellationToken);
        return reading.IsCompleted || !growing!.HoldsMemory ? reading : ReadSlowlyAsync(reading);
    }

    // Memory for parts is shared: a client that sends little must not keep it from the others.
    private async ValueTask<ReadResult> ReadSlowlyAsync(ValueTask<ReadResult> reading)
    {
        var read = reading.AsTask();
        while (true)
        {
            try
            {
                return await read.WaitAsync(Patience);
            }
            catch (TimeoutException) when (!read.IsCompleted)
            {
                await YieldAsync();
            }
        }
    }

    private async ValueTask YieldAsync()
    {
        if (growing!.ShouldYield)
        {
            await checkpoint;
            await RecordAsync(SaveAsync(CheckpointReach.All));
        }
    }

    private async Task RefuseAsync(Digest actual, Digest digest)
    {
        if (actual != digest)
        {
            await DiscardAsync();
            throw new OciException(OciError.DigestInvalid, $"the content has digest {actual}, not {digest}", [digest.Text]);
        }
    }

    // sha512 without a hint, or no libcrypto.
    private async Task<Digest> ReadAgainAsync(DigestAlgorithm algorithm)
    {
        using var again = IncrementalHash.CreateHash(
            algorithm == DigestAlgorithm.Sha256 ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA512);
        using var content = await objects.OpenReadAsync(upload.Object, 0, Position, CancellationToken.None)
            ?? throw new IOException("the object that was just completed is gone");
        var buffer = new byte[256 << 10];
        for (var offset = 0L; offset < Position;)
        {
            var count = await content.ReadAsync(buffer, offset, Position - offset, CancellationToken.None);
            again.AppendData(buffer, 0, count);
            offset += count;
        }

        return Digest.FromHash(algorithm, again.GetHashAndReset());
    }

    // One checkpoint is written while the next part arrives.
    private async ValueTask CheckpointAsync()
    {
        await YieldAsync();
        var saving = SaveAsync(CheckpointReach.Cheap);
        if (saving.IsCompletedSuccessfully && saving.Result is null)
        {
            await RenewAsync();
            return;
        }

        await checkpoint;
        checkpoint = RecordAsync(saving);
    }

    private async Task RecordAsync(Task<Checkpoint?> saving)
    {
        renewedAt = Environment.TickCount64;
        if (await saving is { } point)
        {
            // The database may have taken it, whatever its answer is: the bytes must stay.
            checkpointAt = Math.Max(checkpointAt, point.Position);
            await store.ProgressAsync(upload, writer, point, release: false);
        }
    }

    private async Task<Checkpoint?> SaveAsync(CheckpointReach reach)
    {
        try
        {
            return await growing!.CheckpointAsync(hash, reach);
        }
        catch (IOException) when (growing!.IsLost)
        {
            await DiscardAsync();
            throw;
        }
    }

    private async Task<Checkpoint> CompleteAsync(IObjectWriter writer)
    {
        try
        {
            return await writer.CompleteAsync();
        }
        catch (IOException) when (writer.IsLost)
        {
            await DiscardAsync();
            throw;
        }
    }

    // What the store has to do may last longer than a claim without a sign of life.
    private async ValueTask WhileRenewingAsync(ValueTask work)
    {
        if (!work.IsCompleted)
        {
            var task = work.AsTask();
            await WhileRenewingAsync(task);
            await task;
            return;
        }

        await work;
    }

    private async Task<T> WhileRenewingAsync<T>(Task<T> work)
    {
        await WhileRenewingAsync((Task)work);
        return await work;
    }

    private async Task WhileRenewingAsync(Task work)
    {
        while (!work.IsCompleted)
        {
            try
            {
                await work.WaitAsync(RenewalDistance);
            }
            catch (TimeoutException) when (!work.IsCompleted)
            {
                await RenewAsync();
            }
        }
    }

    private async Task RenewAsync()
    {
        if (Environment.TickCount64 - renewedAt > RenewalDistance.TotalMilliseconds)
        {
            renewedAt = Environment.TickCount64;
            await store.RenewAsync(upload, writer);
        }
    }

    private async Task DiscardAsync()
    {
        released = true;
        await store.DiscardAsync(upload);
    }
}
