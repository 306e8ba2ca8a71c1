using System.IO.Pipelines;
using System.Security.Cryptography;
using Registry.Storage.Objects;
using Registry.Storage.Oci;

namespace Registry.Storage.Uploads;

/// <summary>
/// The claim on one upload, and the one pass from the request to the file: hash on the way, checkpoints in between.
/// Disposing it without <see cref="CloseAsync"/> or <see cref="PauseAsync"/> leaves the session at its last checkpoint.
/// </summary>
public sealed class UploadWriter : IAsyncDisposable
{
    // Half of the 64 MiB that may be lost with a request in flight: one checkpoint is written while the next part arrives.
    private const long CheckpointDistance = 32 << 20;
    private const int WorthWriting = 128 << 10;
    private static readonly TimeSpan RenewalDistance = TimeSpan.FromSeconds(10);

    private readonly Upload upload;
    private readonly byte[] writer;
    private readonly ActiveWriters.Presence presence;
    private readonly UploadStore store;
    private readonly DiskObjectStore objects;
    private RunningHash? hash;
    private ObjectWriter? file;
    private Task checkpoint = Task.CompletedTask;
    private long checkpointAt;
    private long renewedAt = Environment.TickCount64;
    private bool released;

    internal UploadWriter(Upload upload, byte[] writer, ActiveWriters.Presence presence, UploadStore store, DiskObjectStore objects)
    {
        (this.upload, this.writer, this.presence, this.store, this.objects) = (upload, writer, presence, store, objects);
        hash = upload.Position == 0 ? null : RunningHash.Resume(upload.Algorithm, upload.HashState);
        checkpointAt = Position = upload.Position;
    }

    /// <summary>The bytes the upload has, with those of this request.</summary>
    public long Position { get; private set; }

    /// <summary>Appends the whole body.</summary>
    /// <param name="body">The request's body.</param>
    /// <param name="length">Its length, if the client has told.</param>
    /// <param name="closesWith">The algorithm of the closing digest, where this body is all there is.</param>
    /// <param name="limit">The most bytes that may come; one more is SIZE_INVALID.</param>
    /// <param name="cancellationToken">Fires when the client has gone.</param>
    /// <exception cref="IOException">The disk is full or fails, or the client is gone.</exception>
    public async Task ReceiveAsync(
        PipeReader body, long? length, DigestAlgorithm? closesWith, long limit, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, presence.Stopped);
        if (Position == 0)
        {
            hash = RunningHash.Start(closesWith ?? upload.Algorithm);
        }

        file = objects.OpenWriter(upload.Object, Position, length);
        while (true)
        {
            var read = await body.ReadAtLeastAsync(WorthWriting, either.Token);
            try
            {
                if (read.Buffer.Length > limit)
                {
                    throw new OciException(OciError.SizeInvalid, "the body is longer than Content-Range says");
                }

                limit -= read.Buffer.Length;
                await file.AppendAsync(read.Buffer, hash);
                Position = file.Position;
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

    /// <summary>Ends the request: the bytes are synced, the position is recorded, the claim is given back.</summary>
    public async Task PauseAsync()
    {
        await checkpoint;
        if (file is not null && Position != checkpointAt)
        {
            await SyncAsync(file);
        }

        // From here on the position may be recorded, whatever answer the database gives: the bytes must stay.
        checkpointAt = Position;
        await store.ProgressAsync(upload, writer, Position, hash?.Save(), release: true);
        released = true;
    }

    /// <summary>Takes back what this request has brought, and gives the claim back.</summary>
    public async Task RevertAsync()
    {
        await checkpoint;
        file?.Truncate(upload.Position);
        await store.ProgressAsync(upload, writer, upload.Position, upload.HashState, release: true);
        released = true;
    }

    /// <summary>Ends the upload: content and digest agree, everything is on disk, the blob is in the repository.</summary>
    /// <exception cref="OciException">DIGEST_INVALID: the content is something else. The session is gone.</exception>
    public async Task CloseAsync(Digest digest)
    {
        await checkpoint;
        file ??= objects.OpenWriter(upload.Object, Position, null);
        var actual = Finish(digest.Algorithm);
        if (actual != digest)
        {
            await DiscardAsync();
            throw new OciException(OciError.DigestInvalid, $"the content has digest {actual}, not {digest}", [digest.Text]);
        }

        if (Position != checkpointAt || Position == 0)
        {
            await SyncAsync(file);
        }

        await SyncNameAsync();
        checkpointAt = Position;
        await store.CloseAsync(upload, writer, digest, Position);
        released = true;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await checkpoint.ContinueWith(_ => { }, TaskScheduler.Default);
        if (!released)
        {
            // Nothing was said about what came after the last checkpoint. On a full disk its room is needed.
            file?.Truncate(checkpointAt);
        }

        file?.Dispose();
        presence.Dispose();
        if (!released)
        {
            await store.ReleaseAsync(upload, writer);
        }
    }

    private Digest Finish(DigestAlgorithm algorithm)
    {
        if (Position == 0)
        {
            return Digest.Of(algorithm, []);
        }

        return hash?.Algorithm == algorithm ? hash.Finish() : ReadAgain(algorithm);
    }

    // sha512 without a hint, or no libcrypto.
    private Digest ReadAgain(DigestAlgorithm algorithm)
    {
        using var again = IncrementalHash.CreateHash(
            algorithm == DigestAlgorithm.Sha256 ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA512);
        var buffer = new byte[256 << 10];
        for (var offset = 0L; file!.Read(buffer, offset) is var count and > 0; offset += count)
        {
            again.AppendData(buffer, 0, count);
        }

        return Digest.FromHash(algorithm, again.GetHashAndReset());
    }

    private async Task CheckpointAsync()
    {
        if (Position - checkpointAt >= CheckpointDistance)
        {
            await checkpoint;
            var (position, state) = (Position, hash?.Save());
            checkpointAt = position;
            renewedAt = Environment.TickCount64;
            checkpoint = Task.Run(async () =>
            {
                await SyncAsync(file!);
                await store.ProgressAsync(upload, writer, position, state, release: false);
            });
        }
        else if (Environment.TickCount64 - renewedAt > RenewalDistance.TotalMilliseconds)
        {
            renewedAt = Environment.TickCount64;
            await store.RenewAsync(upload, writer);
        }
    }

    // After a failed sync the kernel may call lost pages clean: these bytes can never be trusted again.
    private async Task SyncAsync(ObjectWriter synced)
    {
        try
        {
            synced.Sync();
        }
        catch (IOException)
        {
            await DiscardAsync();
            throw;
        }
    }

    private async Task SyncNameAsync()
    {
        try
        {
            await objects.SyncNameAsync(upload.Object);
        }
        catch (IOException)
        {
            await DiscardAsync();
            throw;
        }
    }

    private async Task DiscardAsync()
    {
        released = true;
        await store.DiscardAsync(upload);
    }
}
