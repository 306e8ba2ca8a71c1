using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Registry.Auth.Tokens.Keys;

namespace Registry.Auth.Tokens;

/// <summary>A JSON Web Token in its compact form (RFC 7515), taken apart. Nothing in it is trusted yet.</summary>
internal sealed class Jwt
{
    /// <summary>Longer tokens are refused before anything in them is read.</summary>
    public const int MaxLength = 16 << 10;

    private static readonly SearchValues<char> Alphabet = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    // A name that comes twice could be read in two ways.
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 8 };

    private Jwt(JwtHeader header, JwtPayload payload, byte[] signed, byte[] signature)
    {
        Header = header;
        Payload = payload;
        Signed = signed;
        Signature = signature;
    }

    public JwtHeader Header { get; }

    public JwtPayload Payload { get; }

    /// <summary>What the signature is about.</summary>
    public byte[] Signed { get; }

    public byte[] Signature { get; }

    /// <summary>Null when the text is no such token.</summary>
    public static Jwt? Parse(ReadOnlySpan<char> text)
    {
        Span<Range> parts = stackalloc Range[4];
        if (text.Length > MaxLength || text.Split(parts, '.') != 3
            || Decode(text[parts[0]]) is not { } header || Decode(text[parts[1]]) is not { } payload || Decode(text[parts[2]]) is not { } signature)
        {
            return null;
        }

        try
        {
            using var headerDocument = JsonDocument.Parse(header, Strict);
            using var payloadDocument = JsonDocument.Parse(payload, Strict);
            var signed = new byte[parts[1].End.Value];
            Encoding.ASCII.GetBytes(text[..signed.Length], signed);
            return new(JwtHeader.Read(headerDocument.RootElement), JwtPayload.Read(payloadDocument.RootElement), signed, signature);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            // Not JSON, a value of another type, a number out of range, or half of a surrogate pair.
            return null;
        }
    }

    /// <summary>Signs the claims.</summary>
    public static string Write(TokenClaims claims, string audience, string kid, PrivateKey key)
    {
        var content = $"{Base64Url.EncodeToString(JwtHeader.Write(key.PublicKey.Algorithm, kid))}.{Base64Url.EncodeToString(JwtPayload.Write(claims, audience))}";
        return $"{content}.{Base64Url.EncodeToString(key.Sign(Encoding.ASCII.GetBytes(content)))}";
    }

    // Without padding, white space, or bits that nothing stands for: each token has one spelling.
    private static byte[]? Decode(ReadOnlySpan<char> part)
    {
        if (part.IsEmpty || part.Length % 4 == 1 || part.ContainsAnyExcept(Alphabet))
        {
            return null;
        }

        var bytes = new byte[Base64Url.GetMaxDecodedLength(part.Length)];
        return Base64Url.DecodeFromChars(part, bytes, out _, out var length) == OperationStatus.Done && length == bytes.Length ? bytes : null;
    }
}
