using System.Runtime.ExceptionServices;

namespace Registry.Benchmarks.Lines;

/// <summary>Clients that block need threads of their own.</summary>
internal static class Worker
{
    /// <summary>Runs the work on as many threads and waits for all; the first failure is thrown here.</summary>
    public static void RunAll(int count, Action<int> work)
    {
        Exception? failure = null;
        Thread[] threads = [.. Enumerable.Range(0, count).Select(index => new Thread(() => Guard(index)))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        if (failure is not null)
        {
            ExceptionDispatchInfo.Throw(failure);
        }

        void Guard(int index)
        {
            try
            {
                work(index);
            }
            catch (Exception exception)
            {
                Interlocked.CompareExchange(ref failure, exception, null);
            }
        }
    }
}
