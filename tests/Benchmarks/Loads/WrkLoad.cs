using System.Text.RegularExpressions;

namespace Registry.Benchmarks.Loads;

/// <summary>GET requests from wrk, which goes round a list of targets.</summary>
internal static partial class WrkLoad
{
    private const string Script = """
        local requests = {}
        local next = 0

        function init(arguments)
          wrk.headers["Accept"] = arguments[2]
          wrk.headers["Authorization"] = arguments[3]
          for path in io.lines(arguments[1]) do
            requests[#requests + 1] = wrk.format("GET", path)
          end
        end

        function request()
          next = next % #requests + 1
          return requests[next]
        end

        function done(summary, latency, all)
          local e = summary.errors
          local errors = e.connect + e.read + e.write + e.status + e.timeout
          io.write(string.format("RESULT %d %d %d\n", summary.requests, errors, summary.duration))
        end
        """;

    public static LoadResult Run(string directory, int port, IEnumerable<string> targets, int connections, TimeSpan length, string? authorization = null)
    {
        var script = Path.Combine(directory, "requests.lua");
        var list = Path.Combine(directory, "targets");
        File.WriteAllText(script, Script);
        File.WriteAllLines(list, targets);
        string[] arguments =
        [
            "-t1", $"-c{connections}", $"-d{(int)length.TotalSeconds}s", "-s", script, $"http://127.0.0.1:{port}/",
            "--", list, MediaTypes.Accept,
        ];
        var output = Tools.Run("wrk", authorization is null ? arguments : [.. arguments, authorization]);
        var result = ResultLine().Match(output);
        return result.Success
            ? new LoadResult(Number(result, 1), Number(result, 2), Number(result, 3) / 1e6)
            : throw new BenchmarkException($"wrk printed no result:\n{output}");
    }

    private static long Number(Match match, int group) => long.Parse(match.Groups[group].ValueSpan);

    [GeneratedRegex(@"^RESULT (\d+) (\d+) (\d+)", RegexOptions.Multiline)]
    private static partial Regex ResultLine();
}
