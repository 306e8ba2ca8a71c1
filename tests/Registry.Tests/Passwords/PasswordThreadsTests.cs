using System.Globalization;
using Registry.Auth.Passwords;

namespace Registry.Tests.Passwords;

/// <summary>
/// Why hashing delays nothing else: it has threads of its own, fewer than cores, and a queue that never makes anyone wait to enter.
/// </summary>
public sealed class PasswordThreadsTests : IDisposable
{
    private readonly ManualResetEventSlim open = new();

    public void Dispose() => open.Set();

    [Fact]
    public void One_core_is_left_to_everything_else() =>
        Assert.Equal(Math.Max(1, Environment.ProcessorCount - 1), PasswordThreads.Count);

    [Fact]
    public async Task Work_runs_on_no_thread_of_the_pool_and_who_waits_goes_on_in_the_pool()
    {
        using var threads = new PasswordThreads(1);
        var work = threads.TryRun(() => (open.Wait(Eventually.Guard), Thread.CurrentThread.IsThreadPoolThread))!;
        var continuation = work.ContinueWith(
            _ => Thread.CurrentThread.IsThreadPoolThread, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        open.Set();

        Assert.Equal((true, false), await work);
        Assert.True(await continuation);
    }

    [Fact]
    public async Task Where_the_core_is_wanted_hashing_stands_back_and_only_hashing()
    {
        using var threads = new PasswordThreads(1);

        Assert.Equal(10, await threads.TryRun(Nice)!.WaitAsync(Eventually.Guard));

        // Also those threads of the pool that had to be started when work of ours was done.
        var pool = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(Nice)));
        Assert.Equal([NiceOf("self")], pool.Distinct());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task As_many_run_as_there_are_threads_a_few_wait_and_more_are_refused_at_once(int count)
    {
        using var threads = new PasswordThreads(count);
        using var running = new CountdownEvent(count);
        var most = 0;
        var now = 0;
        int Work()
        {
            InterlockedMax(ref most, Interlocked.Increment(ref now));
            if (!running.IsSet)
            {
                running.Signal();
            }

            open.Wait(Eventually.Guard);
            return Interlocked.Decrement(ref now);
        }

        var first = Enumerable.Range(0, count).Select(_ => threads.TryRun(Work)!).ToArray();
        Assert.True(running.Wait(Eventually.Guard));
        var waiting = Enumerable.Range(0, PasswordThreads.QueueLength).Select(_ => threads.TryRun(Work)).ToArray();

        Assert.DoesNotContain(null, waiting);
        Assert.Null(threads.TryRun(Work));
        open.Set();
        await Task.WhenAll([.. first, .. waiting.Select(task => task!)]).WaitAsync(Eventually.Guard);
        Assert.Equal(count, most);
        Assert.NotNull(threads.TryRun(() => 0));
    }

    [Fact]
    public async Task A_failure_reaches_who_waits_and_ends_no_thread()
    {
        using var threads = new PasswordThreads(1);

        await Assert.ThrowsAsync<InvalidDataException>(() => threads.TryRun<int>(() => throw new InvalidDataException())!);
        Assert.Equal(5, await threads.TryRun(() => 5)!.WaitAsync(Eventually.Guard));
    }

    // The 19th field; the second, the name, may hold spaces and ends at the bracket.
    private static int Nice() => NiceOf("thread-self");

    // Of a process it is that of its first thread.
    private static int NiceOf(string who) =>
        int.Parse(File.ReadAllText($"/proc/{who}/stat").Split(") ")[^1].Split(' ')[16], CultureInfo.InvariantCulture);

    private static void InterlockedMax(ref int most, int value)
    {
        for (var seen = most; seen < value && Interlocked.CompareExchange(ref most, value, seen) != seen; seen = most)
        {
        }
    }
}
