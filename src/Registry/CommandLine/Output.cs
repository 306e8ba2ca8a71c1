using System.Text.Json;
using System.Text.Json.Nodes;

namespace Registry.CommandLine;

/// <summary>What commands print: a table for people, JSON for programs.</summary>
internal static class Output
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Json(JsonNode? value) => Console.Out.WriteLine(value?.ToJsonString(Indented) ?? "{}");

    /// <summary>A row for each item, a column for each of its members.</summary>
    public static void Table(IEnumerable<JsonNode?> items, IReadOnlyList<string> members)
    {
        var rows = items.Select(item => members.Select(member => Text(item![member])).ToArray()).ToList();
        rows.Insert(0, members.Select(member => member.ToUpperInvariant()).ToArray());
        var widths = members.Select((_, column) => rows.Max(row => row[column].Length)).ToArray();
        foreach (var row in rows)
        {
            Console.Out.WriteLine(string.Join("  ", row.Select((text, column) => text.PadRight(widths[column]))).TrimEnd());
        }
    }

    // A terminal must not be controlled by what somebody has chosen as a name.
    private static string Text(JsonNode? value) => string.Concat((value switch
    {
        null => "-",
        JsonValue text when text.TryGetValue<string>(out var content) => content,
        _ => value.ToJsonString(),
    }).Select(c => char.IsControl(c) ? '?' : c));
}
