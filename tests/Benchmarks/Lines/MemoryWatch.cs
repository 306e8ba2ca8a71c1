using Registry.Benchmarks.Servers;

namespace Registry.Benchmarks.Lines;

/// <summary>Looks at a server's resident set ten times a second.</summary>
internal static class MemoryWatch
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    /// <summary>The largest resident set, in megabytes, seen while the work ran.</summary>
    public static double Peak(RegistryServer server, Action work)
    {
        double peak = 0;
        using var finished = new ManualResetEventSlim();
        var watch = new Thread(() =>
        {
            do
            {
                peak = Math.Max(peak, server.Usage.ResidentMegabytes);
            }
            while (!finished.Wait(Interval));
        });
        watch.Start();
        try
        {
            work();
        }
        finally
        {
            finished.Set();
            watch.Join();
        }

        return peak;
    }
}
