using System.Text;

namespace Registry.Tests.Fuzz;

/// <summary>
/// The requests that mutation begins with, one file per feature. In *.http, ### parts the requests of a sequence, and the
/// placeholders are {repository}, {location} (of the answer before), {sha256} and {sha512} (of the request's own body), and
/// {manifest-…} (the digest of that file). A *.json is a manifest that is pushed.
/// </summary>
internal sealed class Corpus
{
    private static readonly string[] Repositories = ["library/app", "library/app", "a", "team/some_where/else-1.2"];

    private readonly Dictionary<string, string> _digests = [];
    private readonly List<(string Name, string Text)> _sequences = [];

    public Corpus()
    {
        var files = Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Fuzz", "Corpus")).Order(StringComparer.Ordinal).ToList();
        foreach (var file in files.Where(file => file.EndsWith(".json", StringComparison.Ordinal)))
        {
            var name = Path.GetFileNameWithoutExtension(file);
            var json = File.ReadAllText(file).TrimEnd('\n');
            _digests["{" + name + "}"] = Oci.Digest(Encoding.UTF8.GetBytes(json));
            _sequences.Add((name, Push(name, json)));
        }

        _sequences.AddRange(files.Where(file => file.EndsWith(".http", StringComparison.Ordinal)).Select(file => (Path.GetFileName(file), File.ReadAllText(file))));
    }

    public int Count => _sequences.Count;

    public string NameOf(int sequence) => _sequences[sequence].Name;

    /// <summary>A fresh copy of one sequence, in a repository chosen at random.</summary>
    public List<Message> Take(int sequence, Random random)
    {
        var text = _sequences[sequence].Text.Replace("{repository}", Repositories[random.Next(Repositories.Length)], StringComparison.Ordinal);
        foreach (var (placeholder, digest) in _digests)
        {
            text = text.Replace(placeholder, digest, StringComparison.Ordinal);
        }

        return [.. text.Split("\n###\n").Select(Message.Parse)];
    }

    private static string Push(string name, string json)
    {
        using var document = System.Text.Json.JsonDocument.Parse(json);
        var type = document.RootElement.TryGetProperty("mediaType", out var mediaType) ? $"\nContent-Type: {mediaType.GetString()}" : "";
        var reference = name switch { "manifest-image" => "v1", "manifest-index" => "index", _ => "{sha256}" };
        return $"PUT /v2/{{repository}}/manifests/{reference} HTTP/1.1{type}\n\n{json}";
    }
}
