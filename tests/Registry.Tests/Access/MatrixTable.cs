namespace Registry.Tests.Access;

/// <summary>One cell: what is asked of which repository, by whom, and how it shows who it is.</summary>
internal sealed record MatrixQuestion(string Method, string Path, string Case, string Repository, string Scheme, string Caller);

/// <summary>A committed table, matrix.txt or management.txt: what it says is explained there.</summary>
internal sealed class MatrixTable(string file)
{
    public static readonly string[] Callers =
    [
        "nobody", "anonymous", "stranger", "reader", "writer", "maintainer", "owner", "administrator", "robot", "expired", "lapsed", "disabled",
    ];

    private readonly List<Row> _rows = [.. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Access", file))
        .Where(line => line.Length > 0 && line[0] != '#').Select(Row.Parse)];

    /// <summary>What is asked, each once: method, path and case.</summary>
    public IEnumerable<(string Method, string Path, string Case)> Requests =>
        Targets.Select(target => (target.Method, target.Path, target.Case)).Distinct();

    /// <summary>The same with what it is asked for.</summary>
    public IEnumerable<(string Method, string Path, string Case, string Repository)> Targets =>
        _rows.Where(row => row.Path != "*").SelectMany(row => row.Methods.Select(method => (method, row.Path, row.Case, row.Repository))).Distinct();

    /// <summary>Whether the request is about a repository.</summary>
    public static bool IsOfRepository(string path) => path.StartsWith("/v2/-/", StringComparison.Ordinal);

    /// <summary>The cell; null where nothing is asked.</summary>
    public string? Expected(MatrixQuestion question)
    {
        var row = _rows.Find(row => row.Answers(question));
        return row?.Cells[Array.IndexOf(Callers, question.Caller)] is { } cell && cell != "." ? cell : null;
    }

    private sealed record Row(string[] Methods, string Path, string Case, string Repository, string Scheme, string[] Cells)
    {
        public bool Answers(MatrixQuestion question) => (Path == "*" || (Methods.Contains(question.Method) && Path == question.Path && Case == question.Case))
            && (Repository == "*" || Repository == question.Repository) && (Scheme == "*" || Scheme == question.Scheme);

        public static Row Parse(string line)
        {
            var columns = line.Split('|', StringSplitOptions.TrimEntries);
            Assert.True(columns.Length == 6, line);
            var cells = columns[5].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            Assert.True(cells.Length == Callers.Length, line);
            return new Row(columns[0].Split(' '), columns[1], columns[2], columns[3], columns[4], cells);
        }
    }
}
