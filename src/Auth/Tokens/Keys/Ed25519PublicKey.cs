using System.Buffers.Text;

namespace Registry.Auth.Tokens.Keys;

/// <summary>A public key of Ed25519 (RFC 8037).</summary>
internal sealed class Ed25519PublicKey : PublicKey
{
    // SEQUENCE { SEQUENCE { OID 1.3.101.112 } BIT STRING } of RFC 8410, up to the 32 bytes of the key.
    private static readonly byte[] Prefix = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

    private readonly byte[] key;

    private Ed25519PublicKey(byte[] key) => this.key = key;

    public override TokenAlgorithm Algorithm => TokenAlgorithm.EdDSA;

    public override byte[] SubjectPublicKeyInfo => [.. Prefix, .. key];

    public override IReadOnlyList<KeyValuePair<string, string>> Members =>
        [new("crv", "Ed25519"), new("kty", "OKP"), new("x", Base64Url.EncodeToString(key))];

    /// <summary>Null when it is of another length, or libcrypto is missing.</summary>
    public static Ed25519PublicKey? FromBytes(ReadOnlySpan<byte> key) =>
        key.Length == Ed25519.KeyLength && Ed25519.IsAvailable ? new(key.ToArray()) : null;

    public static Ed25519PublicKey? FromSubjectPublicKeyInfo(ReadOnlySpan<byte> der) =>
        der.StartsWith(Prefix) ? FromBytes(der[Prefix.Length..]) : null;

    public override bool Verifies(ReadOnlySpan<byte> content, ReadOnlySpan<byte> signature) => Ed25519.Verify(key, content, signature);
}
