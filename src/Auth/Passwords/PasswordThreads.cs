using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Registry.Auth.Passwords;

/// <summary>
/// The threads that hash passwords. The thread pool, which answers requests, has no part in it; one core is never theirs, and
/// little waits for them: beyond a short queue work is refused at once.
/// </summary>
internal sealed partial class PasswordThreads : IDisposable
{
    /// <summary>How much may wait: about what one thread does in the time a client waits gladly.</summary>
    public const int QueueLength = 16;

    // Where others want the core, too, hashing has a tenth of it. With 19 it had next to nothing, and signing in stopped under load.
    private const int Nice = 10;

    private readonly BlockingCollection<Action> queue = new(QueueLength);
    private readonly BlockingCollection<Action> answers = [];
    private int running;

    public PasswordThreads(int count)
    {
        running = count;
        Start(Answer, "password answers");
        for (var i = 0; i < count; i++)
        {
            Start(Run, "passwords");
        }
    }

    /// <summary>As many threads as leave one core to everything else.</summary>
    public static int Count => Math.Max(1, Environment.ProcessorCount - 1);

    /// <summary>Has the work done by one of the threads; null, without waiting, when too much waits already.</summary>
    public Task<T>? TryRun<T>(Func<T> work)
    {
        // Who waits goes on in the thread pool, not here.
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        return queue.TryAdd(() => answers.Add(Completion(done, work))) ? done.Task : null;
    }

    /// <summary>Lets the threads end once the queue is empty.</summary>
    public void Dispose() => queue.CompleteAdding();

    private static void Start(ThreadStart run, string name) => new Thread(run) { IsBackground = true, Name = name }.Start();

    private void Run()
    {
        // The framework's thread priorities do nothing on Linux, where every thread has a nice value of its own.
        if (OperatingSystem.IsLinux())
        {
            _ = setpriority(which: 0, who: 0, Nice);
        }

        foreach (var work in queue.GetConsumingEnumerable())
        {
            work();
        }

        if (Interlocked.Decrement(ref running) == 0)
        {
            answers.CompleteAdding();
        }
    }

    // A thread has the nice value of the one that starts it, and whoever hands work to the thread pool may have to start one for it:
    // done by the threads that hash, it would make threads of the pool as slow as they are, for good.
    private void Answer()
    {
        foreach (var answer in answers.GetConsumingEnumerable())
        {
            answer();
        }
    }

    // A failure belongs to whoever waits; the thread goes on.
    private static Action Completion<T>(TaskCompletionSource<T> done, Func<T> work)
    {
        try
        {
            var result = work();
            return () => done.SetResult(result);
        }
        catch (Exception failure)
        {
            return () => done.SetException(failure);
        }
    }

    [LibraryImport("libc")]
    private static partial int setpriority(int which, int who, int nice);
}
