using System.Text;
using System.Text.Json;

namespace Registry.Tests.Fuzz;

/// <summary>Spoils one value or member of a JSON document, and now and then its text.</summary>
internal sealed class JsonMutation(Random random)
{
    private static readonly string[] Scalars =
    [
        "null", "true", "{}", "[]", "[[]]", "\"\"", "0", "-0", "-1", "1.5", "1e2", "1e400", "-1e-400", "9223372036854775807", "9223372036854775808", "123456789012345678901234567890", "NaN", "01", "+1",
        "\"\\u0000\"", "\"\\ud800\"", "\"\\udc00\\ud800\"", "\"\\u00e4\"", "\"\ud83d\ude00\"", "\"\\x\"", "'a'", "\"unfinished", "\"line\nbreak\"", "{\"a\":1,\"a\":2}", "{\"\":0}", "{\"a\"}", "[1,]", "/**/1",
        "\"../../x\"", "\"<script>\"", "\"%00\"",
    ];

    private static readonly string[] Keys =
    [
        "schemaVersion", "mediaType", "config", "layers", "manifests", "subject", "artifactType", "annotations", "digest", "size", "urls", "data", "platform", "blobs", "fsLayers",
        "MediaType", "Layers", "\\u006cayers", "digest\\u0000", "", "__proto__", "$type",
    ];

    private readonly StringBuilder _text = new();
    private int _left;

    public byte[] Apply(byte[] json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 500 });
            _left = random.Next(Count(document.RootElement));
            Write(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException) // the latter: text that is no Unicode
        {
            return ByteMutation.Apply(random, json);
        }

        var text = random.Next(40) switch
        {
            0 => "\ufeff" + _text,
            1 => _text + " x",
            2 => _text.ToString() + _text,
            _ => _text.ToString(),
        };
        return random.Next(60) == 0 ? Encoding.Unicode.GetBytes(text) : Encoding.UTF8.GetBytes(text);
    }

    private static int Count(JsonElement element) => 1 + element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().Sum(member => Count(member.Value)),
        JsonValueKind.Array => element.EnumerateArray().Sum(Count),
        _ => 0,
    };

    /// <summary>Writes the value; the one whose turn it is, spoilt.</summary>
    private void Write(JsonElement element)
    {
        if (_left-- == 0)
        {
            WriteSpoilt(element);
            return;
        }

        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                WriteList('{', '}', element.EnumerateObject(), member =>
                {
                    _text.Append('"').Append(member.Name).Append("\":");
                    Write(member.Value);
                });
                break;
            case JsonValueKind.Array:
                WriteList('[', ']', element.EnumerateArray(), Write);
                break;
            default:
                _text.Append(element.GetRawText());
                break;
        }
    }

    private void WriteSpoilt(JsonElement element)
    {
        var raw = element.GetRawText();
        var depth = random.Of([1, 31, 32, 33, 64, 1000, 20_000]);
        _text.Append(random.Next(9) switch
        {
            0 => raw + "," + raw,
            1 => raw + ",\"" + random.Of(Keys) + "\":" + random.Of(Scalars),
            2 => new string('[', depth) + raw + new string(']', depth),
            3 => string.Concat(Enumerable.Repeat("{\"a\":", depth)) + raw + new string('}', depth),
            4 => "[" + string.Join(',', Enumerable.Repeat(raw, random.Of([2, 100, 10_001]))) + "]",
            5 => "\"" + JsonEncodedText.Encode(Values.Any(random)) + "\"",
            6 => "\"" + new string('a', random.Of([300, 5000, 70_000])) + "\"",
            7 when element.ValueKind == JsonValueKind.Object && raw.Length > 2 => "{\"" + random.Of(Keys) + "\":" + random.Of(Scalars) + "," + raw[1..],
            _ => random.Of(Scalars),
        });
    }

    private void WriteList<T>(char begin, char end, IEnumerable<T> items, Action<T> write)
    {
        _text.Append(begin);
        var first = true;
        foreach (var item in items)
        {
            _text.Append(first ? "" : ",");
            first = false;
            write(item);
        }

        _text.Append(end);
    }
}
