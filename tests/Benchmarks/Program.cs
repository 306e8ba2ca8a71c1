using System.Runtime.InteropServices;
using Registry.Benchmarks.Lines;
using Registry.Benchmarks.Results;
using Registry.Benchmarks.Servers;

namespace Registry.Benchmarks;

/// <summary>
/// Measures the published program against Debian's docker-registry in one run on one machine and prints a table of ratios.
/// Progress goes to standard error, the table to standard output.
/// </summary>
internal static class Program
{
    public static int Main(string[] arguments)
    {
        try
        {
            var options = BenchmarkOptions.Parse(arguments);
            var lines = LineCatalog.Choose(options.Lines);
            return Run(options, lines) ? 0 : 1;
        }
        catch (BenchmarkException failure)
        {
            Console.Error.WriteLine(failure.Message);
            return 2;
        }
    }

    /// <summary>Runs the lines and prints the table; true when every goal was met.</summary>
    private static bool Run(BenchmarkOptions options, IReadOnlyList<Line> lines)
    {
        RequireTools(lines.Any(line => line.NeedsPostgres), lines.Any(line => line.NeedsS3));
        using var bench = new Workbench(options);
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => Abandon(bench, 130));
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => Abandon(bench, 143));

        List<Row> rows = [];
        foreach (var line in lines)
        {
            try
            {
                rows.AddRange(line.Measure(bench));
            }
            catch (Exception failure)
            {
                bench.Say($"{line.Name} failed: {failure}");
                rows.Add(Row.Failure(line.Name, failure.Message.ReplaceLineEndings(" ")));
            }

            bench.StopServers();
        }

        ResultTable.Print(Console.Out, rows);
        return rows.All(row => row.Met is "met" or Row.Reported);
    }

    private static void RequireTools(bool postgres, bool s3)
    {
        Tools.Require("docker-registry", "docker-registry");
        Tools.Require("wrk", "wrk");
        if (postgres)
        {
            PostgresCluster.Require();
        }

        if (s3)
        {
            S3Server.Require();
        }
    }

    /// <summary>Servers and files must not outlive an interrupted run.</summary>
    private static void Abandon(Workbench bench, int code)
    {
        bench.Dispose();
        Environment.Exit(code);
    }
}
