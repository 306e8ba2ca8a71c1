using System.Globalization;
using System.Text.Json;

namespace Registry.Upstreams;

/// <summary>A bearer token and how long it lasts. A class, so that no text made of it shows it.</summary>
internal sealed class UpstreamToken(string value, TimeSpan lifetime)
{
    private const int LongestLifetime = 24 * 60 * 60;

    public string Value { get; } = value;

    public TimeSpan Lifetime { get; } = lifetime;

    /// <summary>Reads the answer of a token server; null when there is no token in it.</summary>
    public static UpstreamToken? Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            using var document = JsonDocument.ParseValue(ref reader);
            var answer = document.RootElement;
            return (Text(answer, "token") ?? Text(answer, "access_token")) is { } token ? new UpstreamToken(token, LifetimeOf(answer)) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // What is no header value is no token.
    private static string? Text(JsonElement answer, string name) =>
        answer.ValueKind is JsonValueKind.Object && answer.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String
        && value.GetString() is { Length: > 0 } text && !text.AsSpan().ContainsAnyExceptInRange('!', '~') ? text : null;

    // A token that says nothing lasts a minute (distribution, "Token response fields").
    private static TimeSpan LifetimeOf(JsonElement answer)
    {
        var seconds = answer.TryGetProperty("expires_in", out var value)
            && double.TryParse(value.ToString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= 1 ? number : 60;
        return TimeSpan.FromSeconds(Math.Min(seconds, LongestLifetime));
    }
}
