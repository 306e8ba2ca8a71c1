using System.Buffers.Text;
using System.Text;
using System.Text.Json.Nodes;

namespace Registry.Tests.Tokens;

/// <summary>Makes tokens of whatever parts.</summary>
public static class Forgery
{
    public static string Token(JsonObject header, JsonObject payload, Func<byte[], byte[]> sign) => Token(header.ToJsonString(), payload.ToJsonString(), sign);

    public static string Token(string header, string payload, Func<byte[], byte[]> sign)
    {
        var signed = $"{Encode(header)}.{Encode(payload)}";
        return $"{signed}.{Base64Url.EncodeToString(sign(Encoding.ASCII.GetBytes(signed)))}";
    }

    public static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    public static JsonObject With(this JsonObject json, string name, JsonNode? value)
    {
        json[name] = value;
        return json;
    }

    public static JsonObject Without(this JsonObject json, string name)
    {
        json.Remove(name);
        return json;
    }
}
