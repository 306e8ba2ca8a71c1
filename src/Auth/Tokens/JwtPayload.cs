using System.Buffers;
using System.Text.Json;

namespace Registry.Auth.Tokens;

/// <summary>The claims of a token as they are written.</summary>
/// <param name="Claims">All but the audience. Of the times, <c>exp</c> may be missing: see <paramref name="HasExpiry"/>.</param>
/// <param name="Audience">The only audience; null when there is none, or several.</param>
/// <param name="HasExpiry">Whether there is an <c>exp</c>.</param>
internal sealed record JwtPayload(TokenClaims Claims, string? Audience, bool HasExpiry)
{
    /// <exception cref="FormatException">A number is out of range.</exception>
    /// <exception cref="InvalidOperationException">A value is of another type.</exception>
    public static JwtPayload Read(JsonElement payload)
    {
        var expiry = payload.Time("exp");
        var claims = new TokenClaims
        {
            Issuer = payload.Text("iss") ?? string.Empty,
            Subject = payload.Text("sub") ?? string.Empty,
            Id = payload.Text("jti"),
            IssuedAt = payload.Time("iat"),
            NotBefore = payload.Time("nbf"),
            ExpiresAt = expiry ?? default,
            CredentialId = payload.Number("cid"),
            Access = ReadAccess(payload, "access"),
            Asked = ReadAccess(payload, "asked"),
        };
        return new(claims, ReadAudience(payload), expiry is not null);
    }

    public static byte[] Write(TokenClaims claims, string audience)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("iss", claims.Issuer);
        json.WriteString("sub", claims.Subject);
        json.WriteString("aud", audience);
        WriteTime(json, "exp", claims.ExpiresAt);
        WriteTime(json, "nbf", claims.NotBefore);
        WriteTime(json, "iat", claims.IssuedAt);
        if (claims.Id is not null)
        {
            json.WriteString("jti", claims.Id);
        }

        if (claims.CredentialId is { } credential)
        {
            json.WriteNumber("cid", credential);
        }

        // Always there: Jib reads it.
        WriteAccess(json, "access", claims.Access);
        if (claims.Asked.Count > 0)
        {
            WriteAccess(json, "asked", claims.Asked);
        }

        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static string? ReadAudience(JsonElement payload)
    {
        if (!payload.TryGetProperty("aud", out var audience))
        {
            return null;
        }

        // A token that was made for others as well could have been kept by one of them.
        return audience.ValueKind == JsonValueKind.Array
            ? audience.GetArrayLength() == 1 ? audience[0].GetString() : null
            : audience.GetString();
    }

    private static TokenAccess[] ReadAccess(JsonElement payload, string name) =>
        payload.TryGetProperty(name, out var access) && access.ValueKind != JsonValueKind.Null
            ? [.. access.EnumerateArray().Select(ReadAccess)]
            : [];

    private static TokenAccess ReadAccess(JsonElement access) => new(
        access.Text("type") ?? string.Empty,
        access.Text("name") ?? string.Empty,
        access.TryGetProperty("actions", out var actions) && actions.ValueKind != JsonValueKind.Null
            ? [.. actions.EnumerateArray().Select(action => action.GetString() ?? string.Empty)]
            : [],
        access.Number("id"));

    private static void WriteTime(Utf8JsonWriter json, string name, DateTimeOffset? time)
    {
        if (time is { } moment)
        {
            json.WriteNumber(name, moment.ToUnixTimeSeconds());
        }
    }

    private static void WriteAccess(Utf8JsonWriter json, string name, IReadOnlyList<TokenAccess> scopes)
    {
        json.WriteStartArray(name);
        foreach (var scope in scopes)
        {
            json.WriteStartObject();
            json.WriteString("type", scope.Type);
            json.WriteString("name", scope.Name);
            json.WriteStartArray("actions");
            foreach (var action in scope.Actions)
            {
                json.WriteStringValue(action);
            }

            json.WriteEndArray();
            if (scope.Id is { } id)
            {
                json.WriteNumber("id", id);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
