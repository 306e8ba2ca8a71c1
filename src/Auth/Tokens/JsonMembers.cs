using System.Text.Json;

namespace Registry.Auth.Tokens;

/// <summary>Members of a JSON object that may be missing, but are of the right type when they are there.</summary>
internal static class JsonMembers
{
    private const double LastSecond = 253402300799; // of the year 9999

    /// <exception cref="InvalidOperationException">It is no text.</exception>
    public static string? Text(this JsonElement json, string name) => json.TryGetProperty(name, out var value) ? value.GetString() : null;

    /// <exception cref="InvalidOperationException">It is no number.</exception>
    /// <exception cref="FormatException">It is no whole number.</exception>
    public static long? Number(this JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value.GetInt64() : null;

    /// <summary>A NumericDate of RFC 7519: seconds since 1970, perhaps with a fraction.</summary>
    /// <exception cref="InvalidOperationException">It is no number.</exception>
    /// <exception cref="FormatException">It is no time.</exception>
    public static DateTimeOffset? Time(this JsonElement json, string name)
    {
        if (!json.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        var seconds = value.GetDouble();
        return seconds is >= 0 and <= LastSecond ? DateTimeOffset.FromUnixTimeSeconds((long)seconds) : throw new FormatException();
    }
}
