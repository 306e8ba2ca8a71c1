using Microsoft.Win32.SafeHandles;

namespace Registry.Storage.Objects;

/// <summary>An object while one writer appends to it. The writer tells how far it is; any number of readers wait for more.</summary>
public sealed class GrowingObject : IDisposable
{
    private readonly Lock gate = new();
    private readonly Func<SafeFileHandle?> open;
    private readonly Action<GrowingObject> leave;
    private TaskCompletionSource? changed;
    private long length;
    private bool complete;
    private bool ended;

    internal GrowingObject(long from, long length, Func<SafeFileHandle?> open, Action<GrowingObject> leave) =>
        (From, this.length, this.open, this.leave) = (from, length, open, leave);

    internal long From { get; }

    internal long Length
    {
        get
        {
            lock (gate)
            {
                return length;
            }
        }
    }

    internal bool IsComplete
    {
        get
        {
            lock (gate)
            {
                return complete;
            }
        }
    }

    /// <summary>The object has so many bytes now; they can be read.</summary>
    public void Grow(long to) => Change(() => length = to);

    /// <summary>The object is whole and kept.</summary>
    public void Complete() => Change(() => complete = ended = true);

    /// <summary>The writer goes. Without <see cref="Complete"/> its readers have to ask again, for another writer may go on, or nobody.</summary>
    public void Dispose()
    {
        Change(() => ended = true);
        leave(this);
    }

    internal SafeFileHandle? Open() => open();

    /// <summary>True once there are more bytes than this; false when the writer has gone and there are not.</summary>
    internal async ValueTask<bool> WaitBeyondAsync(long position, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task change;
            lock (gate)
            {
                if (length > position || ended)
                {
                    return length > position;
                }

                change = (changed ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }

            await change.WaitAsync(cancellationToken);
        }
    }

    private void Change(Action change)
    {
        TaskCompletionSource? told;
        lock (gate)
        {
            change();
            (told, changed) = (changed, null);
        }

        told?.SetResult();
    }
}
