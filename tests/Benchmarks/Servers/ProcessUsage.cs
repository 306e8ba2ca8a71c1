using System.Globalization;

namespace Registry.Benchmarks.Servers;

/// <summary>What a process has used, from the kernel's own books.</summary>
internal readonly record struct ProcessUsage(int Id)
{
    // USER_HZ, fixed by the kernel's interface to user space.
    private const double TicksPerSecond = 100;

    /// <summary>User and system time so far of all threads, its own and those of the processes it has started.</summary>
    public double CpuSeconds => CpuSecondsOf(Id) + Children.Sum(CpuSecondsOf);

    public double ResidentMegabytes
    {
        get
        {
            var line = File.ReadLines($"/proc/{Id}/status").First(text => text.StartsWith("VmRSS:", StringComparison.Ordinal));
            return Number(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) * 1024 / 1e6;
        }
    }

    private IEnumerable<int> Children =>
        File.ReadAllText($"/proc/{Id}/task/{Id}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse);

    private static double CpuSecondsOf(int id)
    {
        var stat = File.ReadAllText($"/proc/{id}/stat");
        // The name in brackets may hold spaces; fields are counted after it, the first being number 3.
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (Number(fields[11]) + Number(fields[12])) / TicksPerSecond;
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
