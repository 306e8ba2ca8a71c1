using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;

namespace Registry.Auth.Tokens;

/// <summary>The SHA-256 of a token's text, by which it is remembered: the token itself is not kept.</summary>
internal readonly record struct TokenHash(Vector256<byte> Value)
{
    public static TokenHash Of(ReadOnlySpan<char> token)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(MemoryMarshal.AsBytes(token), hash);
        return new(Vector256.Create<byte>(hash));
    }

    public override int GetHashCode() => Value.AsInt32()[0];
}
