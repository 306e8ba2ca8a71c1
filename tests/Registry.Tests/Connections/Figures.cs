using System.Globalization;

namespace Registry.Tests.Connections;

/// <summary>Reads the registry's own figures.</summary>
internal static class Figures
{
    private const string ZeroCopyRanges = "registry_zero_copy_ranges_total";
    private const string Downloads = "registry_http_request_duration_seconds_count{route=\"/v2/-/blobs/-\",method=\"GET\",";

    /// <summary>Ranges of blobs that were sent without a copy.</summary>
    public static Task<long> ZeroCopyRangesAsync(this HttpClient http) => http.SumAsync(ZeroCopyRanges);

    /// <summary>Downloads of blobs that have ended, in whatever way.</summary>
    public static Task<long> EndedDownloadsAsync(this HttpClient http) => http.SumAsync(Downloads);

    /// <summary>One that has no labels.</summary>
    public static Task<long> FigureAsync(this HttpClient http, string name) => http.SumAsync(name + " ");

    /// <summary>A range is counted when it has been sent, which the client may know first.</summary>
    public static Task ZeroCopyRangesBecomeAsync(this HttpClient http, long expected)
    {
        var seen = -1L;
        return Eventually.TrueAsync(
            async () => (seen = await http.ZeroCopyRangesAsync()) == expected, () => $"{expected} ranges are sent without a copy, not {seen}");
    }

    private static async Task<long> SumAsync(this HttpClient http, string start)
    {
        var text = await http.GetStringAsync(new Uri("metrics", UriKind.Relative));
        return text.Split('\n').Where(line => line.StartsWith(start, StringComparison.Ordinal))
            .Sum(line => long.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
    }
}
