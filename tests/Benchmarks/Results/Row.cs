namespace Registry.Benchmarks.Results;

/// <summary>One row of the table: what was measured on both sides and whether the goal was met.</summary>
internal sealed record Row(string Line, string Ours, string Peer, string Ratio, string Goal, string Met)
{
    /// <summary>What has no goal.</summary>
    public const string Reported = "reported";

    /// <summary>More is better; the goal is a multiple of the peer.</summary>
    public static Row Throughput(string line, string unit, IEnumerable<double> ours, IEnumerable<double> peer, double goal)
    {
        var mine = Statistics.Median(ours);
        var other = Statistics.Median(peer);
        var ratio = mine / other;
        return new Row(line, Amount(mine, unit), Amount(other, unit), $"{ratio:0.00}x", $">= {goal:0.##}x", Answer(ratio >= goal));
    }

    /// <summary>Less is better; the goal is less than a multiple of the peer.</summary>
    public static Row Cost(string line, string unit, IEnumerable<double> ours, IEnumerable<double> peer, double goal = 1)
    {
        var mine = Statistics.Median(ours);
        var other = Statistics.Median(peer);
        var ratio = mine / other;
        return new Row(line, Amount(mine, unit), Amount(other, unit), $"{ratio:0.00}x", $"< {goal:0.##}x", Answer(ratio < goal));
    }

    /// <summary>Less is better; the goal is a number of its own. The peer is for information only.</summary>
    public static Row Limit(string line, string unit, double ours, double? peer, double limit)
    {
        var ratio = peer is null ? "" : $"{ours / peer:0.00}x";
        var other = peer is null ? "" : Amount(peer.Value, unit);
        return new Row(line, Amount(ours, unit), other, ratio, $"< {Amount(limit, unit)}", Answer(ours < limit));
    }

    /// <summary>More is better; the goal is a number of its own.</summary>
    public static Row Floor(string line, string unit, double ours, double floor) =>
        new(line, Amount(ours, unit), "", "", $">= {Amount(floor, unit)}", Answer(ours >= floor));

    /// <summary>A figure without a goal.</summary>
    public static Row Report(string line, string unit, double ours, double peer) =>
        new(line, Amount(ours, unit), Amount(peer, unit), $"{ours / peer:0.00}x", "", Reported);

    /// <summary>A line that could not be measured.</summary>
    public static Row Failure(string line, string reason) => new(line, reason, "", "", "", "FAILED");

    private static string Amount(double value, string unit)
    {
        var number = value switch
        {
            >= 1000 => $"{value:#,##0}",
            >= 100 => $"{value:0}",
            >= 10 => $"{value:0.0}",
            >= 1 => $"{value:0.00}",
            _ => $"{value:0.000}",
        };
        return $"{number} {unit}";
    }

    private static string Answer(bool met) => met ? "met" : "NOT MET";
}
