namespace Registry.Benchmarks.Results;

/// <summary>Prints rows as a Markdown table whose columns line up.</summary>
internal static class ResultTable
{
    private static readonly string[] Header = ["line", "ours", "docker-registry", "ratio", "goal", "met"];

    public static void Print(TextWriter output, IReadOnlyCollection<Row> rows)
    {
        string[][] cells = [Header, .. rows.Select(row => new[] { row.Line, row.Ours, row.Peer, row.Ratio, row.Goal, row.Met })];
        int[] widths = [.. Enumerable.Range(0, Header.Length).Select(column => cells.Max(row => row[column].Length))];

        PrintLine(output, cells[0], widths);
        output.WriteLine("|" + string.Join("|", widths.Select(width => new string('-', width + 2))) + "|");
        foreach (var row in cells.Skip(1))
        {
            PrintLine(output, row, widths);
        }
    }

    private static void PrintLine(TextWriter output, string[] row, int[] widths) =>
        output.WriteLine("| " + string.Join(" | ", row.Select((cell, column) => cell.PadRight(widths[column]))) + " |");
}
