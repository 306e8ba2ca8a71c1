using System.Globalization;
using System.Net.Http.Headers;

namespace Registry.Upstreams;

/// <summary>What Docker Hub says of a credential's budget: <c>ratelimit-remaining: 76;w=21600</c>.</summary>
/// <param name="Remaining">How many manifests it may still have.</param>
/// <param name="Window">Within which time.</param>
internal sealed record RateLimit(long Remaining, TimeSpan Window)
{
    // When it says nothing, or nothing that can be true.
    private static readonly TimeSpan UnknownWindow = TimeSpan.FromMinutes(1);

    // Whatever it says, it is asked again within the hour.
    private static readonly TimeSpan LongestWindow = TimeSpan.FromHours(1);

    /// <summary>Reads the headers; null when there is no number in them.</summary>
    public static RateLimit? Of(HttpResponseHeaders headers)
    {
        if (!headers.NonValidated.TryGetValues("ratelimit-remaining", out var values))
        {
            return null;
        }

        var parts = values.First().Split(';', StringSplitOptions.TrimEntries);
        return Number(parts[0]) is { } remaining ? new RateLimit(remaining, WindowOf(parts)) : null;
    }

    private static TimeSpan WindowOf(string[] parts)
    {
        var seconds = parts.Skip(1).Where(part => part.StartsWith("w=", StringComparison.OrdinalIgnoreCase)).Select(part => Number(part[2..])).FirstOrDefault();
        return seconds switch
        {
            null or 0 => UnknownWindow,
            var window when window > LongestWindow.TotalSeconds => LongestWindow,
            var window => TimeSpan.FromSeconds((double)window),
        };
    }

    private static long? Number(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
