using Registry.Storage.Objects;
using Registry.Upstreams;

namespace Registry.Mirror;

/// <summary>
/// A blob on its way from an upstream, for everyone in this process who wants it. It goes on whoever leaves. Its bytes are a blob, and
/// its last bytes are shown to anybody, only when the digest has been compared (S54).
/// </summary>
internal sealed class Fill
{
    /// <summary>How many of the last bytes nobody gets before the digest is known to be right.</summary>
    public const int Withheld = 16 << 10;

    private readonly TaskCompletionSource<long?> started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock gate = new();
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Func<GrowingObjectReader?>? follow;

    /// <summary>Completes with the size of the blob, null when nobody has told, as soon as it is known that it can be had.</summary>
    /// <exception cref="UpstreamException">It cannot.</exception>
    public Task<long?> Started => started.Task;

    /// <summary>Completes when the blob is stored.</summary>
    /// <exception cref="UpstreamException">It has come to nothing.</exception>
    public Task Ended => ended.Task;

    /// <summary>Whether the blob is stored.</summary>
    public bool IsStored => ended.Task.IsCompletedSuccessfully;

    /// <summary>Bytes come in, and can be followed.</summary>
    /// <param name="size">The bytes of the whole blob, if somebody has told.</param>
    /// <param name="open">Opens the object that grows; null when it does not any more.</param>
    public void Begin(long? size, Func<GrowingObjectReader?> open)
    {
        TaskCompletionSource told;
        lock (gate)
        {
            (follow, told, changed) = (open, changed, new(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        started.TrySetResult(size);
        told.SetResult();
    }

    /// <summary>The blob is stored.</summary>
    public void Complete()
    {
        started.TrySetResult(null);
        ended.TrySetResult();
    }

    /// <summary>The blob cannot be had now.</summary>
    public void Fail(Exception exception)
    {
        started.TrySetException(exception);
        ended.TrySetException(exception);
        _ = started.Task.Exception;
        _ = ended.Task.Exception;
    }

    /// <summary>A reader of the object as it grows; null when the blob is stored.</summary>
    /// <exception cref="UpstreamException">The fill has come to nothing.</exception>
    public async ValueTask<GrowingObjectReader?> FollowAsync(CancellationToken cancellationToken)
    {
        while (!ended.Task.IsCompleted)
        {
            Task next;
            lock (gate)
            {
                if (follow?.Invoke() is { } reader)
                {
                    return reader;
                }

                next = changed.Task;
            }

            // The writer has gone: the next one begins, or the end comes.
            await Task.WhenAny(next, ended.Task).WaitAsync(cancellationToken);
        }

        await ended.Task;
        return null;
    }
}
