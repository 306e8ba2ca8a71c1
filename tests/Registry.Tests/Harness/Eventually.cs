using System.Diagnostics;

namespace Registry.Tests;

/// <summary>Waits for conditions that no event announces. The guard only ends tests that hang; it measures nothing.</summary>
public static class Eventually
{
    public static readonly TimeSpan Guard = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Asks again until the answer is yes; <paramref name="what"/> names the condition in the failure.</summary>
    public static async Task TrueAsync(Func<Task<bool>> condition, Func<string> what, TimeSpan? guard = null)
    {
        var limit = guard ?? Guard;
        var clock = Stopwatch.StartNew();
        while (!await condition())
        {
            if (clock.Elapsed > limit)
            {
                Assert.Fail($"Did not happen within {limit.TotalSeconds} s: {what()}");
            }

            await Task.Delay(Pause);
        }
    }

    public static Task TrueAsync(Func<Task<bool>> condition, string what) => TrueAsync(condition, () => what);

    public static Task TrueAsync(Func<bool> condition, string what) => TrueAsync(() => Task.FromResult(condition()), () => what);
}
