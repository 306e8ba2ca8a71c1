using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;

namespace Registry.Auth.Tokens.Keys;

/// <summary>Sets of public keys as JSON (RFC 7517).</summary>
public static class Jwks
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    /// <summary>The document that tells others our keys.</summary>
    public static byte[] Write(IReadOnlyList<SigningKey> keys)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteStartArray("keys");
        foreach (var key in keys)
        {
            json.WriteStartObject();
            json.WriteString("kid", key.Kid);
            json.WriteString("use", "sig");
            json.WriteString("alg", key.Verification.Key.Algorithm.ToString());
            foreach (var (name, value) in key.Verification.Key.Members)
            {
                json.WriteString(name, value);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The keys of a document that are for signatures of a kind used here; others are passed over.</summary>
    /// <exception cref="FormatException">It is no set of keys.</exception>
    public static IReadOnlyList<KeyValuePair<string, PublicKey>> Read(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text, Strict);
            return [.. document.RootElement.GetProperty("keys").EnumerateArray().Select(ReadKey).OfType<KeyValuePair<string, PublicKey>>()];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new FormatException($"it is no JSON Web Key Set: {e.Message}", e);
        }
    }

    private static KeyValuePair<string, PublicKey>? ReadKey(JsonElement jwk)
    {
        var key = (jwk.Text("kty"), jwk.Text("crv")) switch
        {
            ("EC", "P-256") => EcPublicKey.FromPoint(Bytes(jwk, "x"), Bytes(jwk, "y")),
            ("RSA", _) => RsaPublicKey.FromParameters(Bytes(jwk, "n"), Bytes(jwk, "e")),
            ("OKP", "Ed25519") => Ed25519PublicKey.FromBytes(Bytes(jwk, "x")),
            _ => (PublicKey?)null,
        };
        return key is not null && (jwk.Text("use") ?? "sig") == "sig" && (jwk.Text("alg") ?? key.Algorithm.ToString()) == key.Algorithm.ToString()
            ? new(jwk.Text("kid") ?? key.Thumbprint, key)
            : null;
    }

    private static byte[] Bytes(JsonElement jwk, string name) =>
        jwk.Text(name) is { } text && Base64Url.IsValid(text) ? Base64Url.DecodeFromChars(text) : [];
}
