using System.Globalization;

namespace Registry.Benchmarks;

/// <summary>What the command line asked for.</summary>
internal sealed record BenchmarkOptions
{
    public const string Usage = """
        usage: dotnet run -c Release --project tests/Benchmarks -- [line ...] [options]

          line               measure only these lines; without any, all of them
          --rounds N         rounds per line and server, medians are reported (default 5)
          --seconds N        length of one round (default 4)
          --program FILE     measure this published program instead of publishing src/Registry
          --calibrate        docker-registry on both sides: shows how far the ratios can be trusted
        """;

    public List<string> Lines { get; } = [];

    public int Rounds { get; private set; } = 5;

    public int Seconds { get; private set; } = 4;

    public string? Program { get; private set; }

    public bool Calibrate { get; private set; }

    public TimeSpan RoundLength => TimeSpan.FromSeconds(Seconds);

    public static BenchmarkOptions Parse(string[] arguments)
    {
        var options = new BenchmarkOptions();
        var left = new Queue<string>(arguments);
        while (left.TryDequeue(out var argument))
        {
            switch (argument)
            {
                case "--rounds":
                    options.Rounds = Number(argument, left);
                    break;
                case "--seconds":
                    options.Seconds = Number(argument, left);
                    break;
                case "--program":
                    options.Program = Path.GetFullPath(Value(argument, left));
                    break;
                case "--calibrate":
                    options.Calibrate = true;
                    break;
                case ['-', ..]:
                    throw new BenchmarkException($"Unknown option {argument}.\n{Usage}");
                default:
                    options.Lines.Add(argument);
                    break;
            }
        }

        return options;
    }

    private static int Number(string option, Queue<string> left)
    {
        var value = Value(option, left);
        return int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            ? number
            : throw new BenchmarkException($"{option} {value}: a number above zero is allowed here.");
    }

    private static string Value(string option, Queue<string> left) =>
        left.TryDequeue(out var value) ? value : throw new BenchmarkException($"{option} needs a value.\n{Usage}");
}
