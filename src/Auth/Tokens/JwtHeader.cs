using System.Buffers;
using System.Text.Json;
using Registry.Auth.Tokens.Keys;

namespace Registry.Auth.Tokens;

/// <summary>
/// The header of a token. Of what it says about its key, <c>jwk</c>, <c>jku</c> and <c>x5u</c> are not even read: whoever forges
/// a token chooses them (CVE-2025-24976). A chain of certificates counts only where one was configured to end in.
/// </summary>
internal sealed record JwtHeader(string? Type, string? Algorithm, string? Kid, IReadOnlyList<byte[]> Chain, bool IsCritical)
{
    private const int MaxChain = 8;

    public static JwtHeader Read(JsonElement header) => new(
        header.Text("typ"), header.Text("alg"), header.Text("kid"), ReadChain(header), header.TryGetProperty("crit", out _));

    public static byte[] Write(TokenAlgorithm algorithm, string kid)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("typ", "JWT");
        json.WriteString("alg", algorithm.ToString());
        json.WriteString("kid", kid);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static byte[][] ReadChain(JsonElement header) =>
        header.TryGetProperty("x5c", out var chain) && chain.ValueKind == JsonValueKind.Array && chain.GetArrayLength() <= MaxChain
            ? [.. chain.EnumerateArray().Select(certificate => certificate.GetBytesFromBase64())]
            : [];
}
