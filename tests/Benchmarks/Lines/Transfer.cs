using System.Diagnostics;
using Registry.Benchmarks.Servers;

namespace Registry.Benchmarks.Lines;

/// <summary>Bytes moved by a server, how fast and at what cost.</summary>
internal readonly record struct Transfer(double GigabytesPerSecond, double CpuSecondsPerGigabyte)
{
    public static Transfer Measure(RegistryServer server, Func<long> move)
    {
        var cpu = server.Usage.CpuSeconds;
        var started = Stopwatch.GetTimestamp();
        var gigabytes = move() / 1e9;
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        return new Transfer(gigabytes / seconds, (server.Usage.CpuSeconds - cpu) / gigabytes);
    }

    public override string ToString() => $"{GigabytesPerSecond:0.00} GB/s at {CpuSecondsPerGigabyte:0.000} CPU s/GB";
}
