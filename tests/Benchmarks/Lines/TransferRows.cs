using Registry.Benchmarks.Results;

namespace Registry.Benchmarks.Lines;

/// <summary>The two rows of a transfer: its speed and its cost.</summary>
internal static class TransferRows
{
    public static IEnumerable<Row> Of(string title, Transfer[] ours, Transfer[] peer, double goal, double costGoal = 1) =>
    [
        Row.Throughput(title, "GB/s", ours.Select(Speed), peer.Select(Speed), goal),
        Row.Cost($"{title}, server CPU", "s/GB", ours.Select(Cost), peer.Select(Cost), costGoal),
    ];

    private static double Speed(Transfer transfer) => transfer.GigabytesPerSecond;

    private static double Cost(Transfer transfer) => transfer.CpuSecondsPerGigabyte;
}
