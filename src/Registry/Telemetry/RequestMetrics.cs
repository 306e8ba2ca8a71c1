using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace Registry.Telemetry;

/// <summary>
/// Requests by route, method and status, with their durations. Labels come from closed sets: the routes of the program, the
/// methods of HTTP, the status codes; never a repository, a tag or a user.
/// </summary>
internal sealed class RequestMetrics
{
    private static readonly double[] Bounds = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10, 60];
    private readonly ConcurrentDictionary<(string Route, string Method, int Status), Series> series = new();

    public void Count(HttpContext http, TimeSpan elapsed)
    {
        var route = (http.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "none";
        var key = (route, Known(http.Request.Method), http.Response.StatusCode);
        if (!series.TryGetValue(key, out var found))
        {
            found = series.GetOrAdd(key, _ => new Series());
        }

        found.Add(elapsed);
    }

    /// <summary>Appends the series in Prometheus' text format.</summary>
    public void Write(StringBuilder text)
    {
        text.Append("# HELP registry_http_request_duration_seconds Duration of HTTP requests.\n");
        text.Append("# TYPE registry_http_request_duration_seconds histogram\n");
        // Taken at one moment: a sort of the dictionary itself fails when a series appears meanwhile.
        foreach (var ((route, method, status), values) in series.ToArray().OrderBy(entry => entry.Key))
        {
            values.Write(text, $"route=\"{route}\",method=\"{method}\",status=\"{status}\"");
        }
    }

    private static string Known(string method) => method switch
    {
        "GET" or "HEAD" or "POST" or "PUT" or "PATCH" or "DELETE" or "OPTIONS" => method,
        _ => "other",
    };

    private sealed class Series
    {
        private readonly long[] buckets = new long[Bounds.Length + 1];
        private long ticks;

        public void Add(TimeSpan elapsed)
        {
            var seconds = elapsed.TotalSeconds;
            var bucket = 0;
            while (bucket < Bounds.Length && seconds > Bounds[bucket])
            {
                bucket++;
            }

            Interlocked.Increment(ref buckets[bucket]);
            Interlocked.Add(ref ticks, elapsed.Ticks);
        }

        public void Write(StringBuilder text, string labels)
        {
            const string name = "registry_http_request_duration_seconds";
            var total = 0L;
            for (var i = 0; i < buckets.Length; i++)
            {
                total += Interlocked.Read(ref buckets[i]);
                var bound = i < Bounds.Length ? Bounds[i].ToString(CultureInfo.InvariantCulture) : "+Inf";
                text.Append(CultureInfo.InvariantCulture, $"{name}_bucket{{{labels},le=\"{bound}\"}} {total}\n");
            }

            var sum = TimeSpan.FromTicks(Interlocked.Read(ref ticks)).TotalSeconds;
            text.Append(CultureInfo.InvariantCulture, $"{name}_sum{{{labels}}} {sum}\n{name}_count{{{labels}}} {total}\n");
        }
    }
}
