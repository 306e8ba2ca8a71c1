using System.Globalization;

namespace Registry.Upstreams;

/// <summary>When an upstream wants to be asked again: seconds or a date (RFC 9110, 10.2.3), or Docker Hub's X-Retry-After, a Unix time.</summary>
internal static class RetryAfter
{
    // Whatever it says, it is asked again within the hour.
    private static readonly TimeSpan Most = TimeSpan.FromHours(1);

    public static TimeSpan? Of(HttpResponseMessage response, TimeProvider time)
    {
        var header = response.Headers.RetryAfter;
        var wait = header?.Delta ?? (header?.Date ?? UnixTime(response)) - time.GetUtcNow();
        return wait is not { } value ? null
            : value < TimeSpan.Zero ? TimeSpan.Zero
            : value > Most ? Most
            : value;
    }

    private static DateTimeOffset? UnixTime(HttpResponseMessage response) =>
        response.Headers.TryGetValues("X-Retry-After", out var values)
        && long.TryParse(values.First(), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;
}
