using System.Globalization;

namespace Registry.Benchmarks.Servers;

/// <summary>What a process has used, from the kernel's own books.</summary>
internal readonly record struct ProcessUsage(int Id)
{
    // USER_HZ, fixed by the kernel's interface to user space.
    private const double TicksPerSecond = 100;

    /// <summary>User and system time of all its threads so far.</summary>
    public double CpuSeconds
    {
        get
        {
            var stat = File.ReadAllText($"/proc/{Id}/stat");
            // The name in brackets may hold spaces; fields are counted after it, the first being number 3.
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return (Number(fields[11]) + Number(fields[12])) / TicksPerSecond;
        }
    }

    public double ResidentMegabytes
    {
        get
        {
            var line = File.ReadLines($"/proc/{Id}/status").First(text => text.StartsWith("VmRSS:", StringComparison.Ordinal));
            return Number(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) * 1024 / 1e6;
        }
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
