using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Registry.Tests.Wire;

/// <summary>An answer of the registry, read to its end. <see cref="Is"/> and <see cref="IsError"/> fail with the whole of it.</summary>
internal sealed class Answer
{
    private readonly string _request;
    private readonly Dictionary<string, List<string>> _headers = new(StringComparer.OrdinalIgnoreCase);

    private Answer(HttpResponseMessage response, byte[] body)
    {
        _request = $"{response.RequestMessage?.Method} {response.RequestMessage?.RequestUri?.PathAndQuery}";
        Status = (int)response.StatusCode;
        Body = body;
        foreach (var (name, values) in response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated))
        {
            _headers[name] = [.. values];
        }
    }

    public int Status { get; }

    public byte[] Body { get; }

    public string Text => Encoding.UTF8.GetString(Body);

    /// <summary>The values of a header, joined as one list; null when it is absent.</summary>
    public string? this[string header] => _headers.TryGetValue(header, out var values) ? string.Join(", ", values) : null;

    public string? Digest => this["Docker-Content-Digest"];

    public string Location => this["Location"] ?? throw new Xunit.Sdk.XunitException($"no Location in: {this}");

    public long? ContentLength => this["Content-Length"] is { } length ? long.Parse(length) : null;

    public static async Task<Answer> ReadAsync(HttpResponseMessage response)
    {
        using (response)
        {
            return new Answer(response, await response.Content.ReadAsByteArrayAsync());
        }
    }

    public JsonNode Json() => JsonNode.Parse(Body) ?? throw new Xunit.Sdk.XunitException($"null in: {this}");

    /// <summary>The strings of an array in the body's object.</summary>
    public List<string> Strings(string member) => [.. Json()[member]!.AsArray().Select(e => e!.GetValue<string>())];

    public Answer Is(int status)
    {
        Assert.True(Status == status, $"expected {status}: {this}");
        return this;
    }

    public Answer IsOneOf(params int[] statuses)
    {
        Assert.True(statuses.Contains(Status), $"expected {string.Join(" or ", statuses)}: {this}");
        return this;
    }

    public Answer Has(string header, string? value)
    {
        Assert.True(this[header] == value, $"expected {header}: {value ?? "(absent)"} in {this}");
        return this;
    }

    /// <summary>The status, the protocol's envelope, and in its first entry one of the codes and a message.</summary>
    public Answer IsError(int status, params string[] codes)
    {
        Is(status);
        Assert.True(this["Content-Type"]?.Split(';')[0] == "application/json", $"expected JSON: {this}");
        var errors = Errors();
        Assert.True(errors.Count > 0, $"expected errors: {this}");
        Assert.All(errors, error => Assert.False(string.IsNullOrWhiteSpace((string?)error["message"]), $"no message in {this}"));
        Assert.True(codes.Contains((string?)errors[0]["code"]), $"expected code {string.Join(" or ", codes)}: {this}");
        return this;
    }

    public IReadOnlyList<JsonNode> Errors()
    {
        try
        {
            return [.. Json()["errors"]!.AsArray().Select(e => e!)];
        }
        catch (Exception e) when (e is JsonException or NullReferenceException or InvalidOperationException)
        {
            throw new Xunit.Sdk.XunitException($"expected the error envelope: {this}");
        }
    }

    public override string ToString()
    {
        var headers = string.Join('\n', _headers.Select(h => $"{h.Key}: {string.Join(", ", h.Value)}"));
        return $"{_request} -> {Status}\n{headers}\n\n{(Body.Length > 2000 ? $"({Body.Length} bytes)" : Text)}";
    }
}
