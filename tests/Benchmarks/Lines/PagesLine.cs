using System.Diagnostics;
using System.Text.Json;
using Registry.Benchmarks.Http;
using Registry.Benchmarks.Results;
using Registry.Benchmarks.Seeding;
using Registry.Benchmarks.Servers;

namespace Registry.Benchmarks.Lines;

/// <summary>Pages of 100 at random positions of very long listings.</summary>
internal sealed class PagesLine() : Line("pages")
{
    private const int PageSize = 100;
    private const int Requests = 200;
    private const int WarmUp = 50;
    private const double LimitMilliseconds = 10;

    public override bool NeedsPostgres => true;

    public override IEnumerable<Row> Measure(Workbench bench) => bench.Options.Calibrate
        ? []
        :
        [
            .. Measure(bench, "SQLite", bench.Seeded.Sqlite),
            .. Measure(bench, "PostgreSQL", bench.Seeded.Postgres),
        ];

    private static IEnumerable<Row> Measure(Workbench bench, string engine, SeededRegistry seeded)
    {
        var server = bench.LaunchOurs(seeded.DataDirectory, seeded.Postgres).WaitUntilReady(OurRegistry.Ready);
        using var connection = HttpConnection.Open(server.Port);
        List<Row> rows =
        [
            .. Pages($"page of {PageSeed.Tags:#,##0} tags", "tags", PageSeed.Tags, index =>
                $"/v2/{SeededRegistries.Repository}/tags/list?n={PageSize}&last={PageSeed.TagName(index)}"),
            .. Pages($"page of {PageSeed.Repositories:#,##0} repositories", "repositories", PageSeed.Repositories, index =>
                $"/v2/_catalog?n={PageSize}&last={PageSeed.RepositoryName(index)}"),
            .. Pages($"page of {PageSeed.Referrers:#,##0} referrers", "manifests", PageSeed.Referrers, index =>
                $"/v2/{SeededRegistries.Repository}/referrers/{seeded.Subject}?n={PageSize}&last={seeded.Referrers[index]}"),
        ];
        bench.StopServers();
        return rows;

        IEnumerable<Row> Pages(string title, string property, int entries, Func<int, string> target)
        {
            for (var request = 0; request < WarmUp; request++)
            {
                Time(connection, target(Random.Shared.Next(entries - PageSize)), property);
            }

            double[] times = [.. Enumerable.Range(0, Requests)
                .Select(_ => Time(connection, target(Random.Shared.Next(entries - PageSize)), property))];
            var median = Statistics.Median(times);
            var worst = Statistics.Percentile(times, 99);
            return
            [
                Row.Limit($"{title}, {engine}, median", "ms", median, peer: null, LimitMilliseconds),
                Row.Limit($"{title}, {engine}, p99", "ms", worst, peer: null, LimitMilliseconds),
            ];
        }
    }

    /// <summary>The milliseconds of one page, which must be full.</summary>
    private static double Time(HttpConnection connection, string target, string property)
    {
        var started = Stopwatch.GetTimestamp();
        var answer = connection.Send("GET", target);
        var elapsed = Stopwatch.GetElapsedTime(started);
        using var body = JsonDocument.Parse(answer.Expect(200, $"GET {target}").Body);
        var entries = body.RootElement.GetProperty(property).GetArrayLength();
        return entries == PageSize
            ? elapsed.TotalMilliseconds
            : throw new BenchmarkException($"GET {target} listed {entries} entries instead of {PageSize}.");
    }
}
