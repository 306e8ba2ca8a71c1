namespace Registry.Tests;

/// <summary>Whether two series of times can be told apart.</summary>
internal static class MannWhitney
{
    public static double Median(double[] values) => values.Order().ElementAt(values.Length / 2);

    /// <summary>
    /// How likely such a difference is by chance: two-sided, by the normal approximation, which is good from about twenty samples; times
    /// have no ties.
    /// </summary>
    public static double P(double[] one, double[] other)
    {
        var ranks = one.Select(value => (value, First: true)).Concat(other.Select(value => (value, First: false)))
            .OrderBy(sample => sample.value)
            .Select((sample, index) => sample.First ? index + 1.0 : 0)
            .Sum();
        double n = one.Length, m = other.Length;
        var u = ranks - n * (n + 1) / 2;
        var z = Math.Abs(u - n * m / 2) / Math.Sqrt(n * m * (n + m + 1) / 12);
        return 2 * (1 - NormalBelow(z));
    }

    // Abramowitz and Stegun, 26.2.17.
    private static double NormalBelow(double z)
    {
        var t = 1 / (1 + 0.2316419 * z);
        var tail = t * (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
        return 1 - Math.Exp(-z * z / 2) / Math.Sqrt(2 * Math.PI) * tail;
    }
}
