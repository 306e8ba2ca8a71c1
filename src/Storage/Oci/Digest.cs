using System.Buffers;
using System.Security.Cryptography;

namespace Registry.Storage.Oci;

/// <summary>How a text relates to the digest grammar (image-spec, descriptor.md, "Digests").</summary>
public enum DigestSyntax
{
    /// <summary>Not a digest.</summary>
    Malformed,

    /// <summary>Well formed, in an algorithm that no content is stored under.</summary>
    Unsupported,

    /// <summary>A digest that content can be stored under.</summary>
    Valid,
}

/// <summary>A digest of stored content: <c>algorithm:hex</c>. The same bytes under two algorithms are two digests.</summary>
public readonly record struct Digest
{
    private const int LongestText = 512;
    private static readonly SearchValues<char> LowerHex = SearchValues.Create("0123456789abcdef");
    private static readonly SearchValues<char> Encoded =
        SearchValues.Create("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ=_-");

    private Digest(DigestAlgorithm algorithm, string text)
    {
        Algorithm = algorithm;
        Text = text;
    }

    /// <summary>The algorithm in front of the colon.</summary>
    public DigestAlgorithm Algorithm { get; }

    /// <summary>The digest as it travels, for example <c>sha256:e3b0…</c>.</summary>
    public string Text { get; }

    /// <summary>The form the database keeps: one byte of algorithm, then the hash.</summary>
    public byte[] Key
    {
        get
        {
            var hex = Text.AsSpan(7);
            var key = new byte[1 + (hex.Length / 2)];
            key[0] = (byte)Algorithm;
            Convert.FromHexString(hex, key.AsSpan(1), out _, out _);
            return key;
        }
    }

    /// <summary>Reads a digest. <paramref name="digest"/> is only set when the answer is <see cref="DigestSyntax.Valid"/>.</summary>
    public static DigestSyntax TryParse(string? text, out Digest digest)
    {
        digest = default;
        if (text is null || text.Length > LongestText)
        {
            return DigestSyntax.Malformed;
        }

        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 1 || colon == text.Length - 1)
        {
            return DigestSyntax.Malformed;
        }

        var encoded = text.AsSpan(colon + 1);
        switch (text.AsSpan(0, colon))
        {
            case "sha256":
                digest = new Digest(DigestAlgorithm.Sha256, text);
                return IsHex(encoded, 64);
            case "sha512":
                digest = new Digest(DigestAlgorithm.Sha512, text);
                return IsHex(encoded, 128);
            default:
                return IsAlgorithm(text.AsSpan(0, colon)) && !encoded.ContainsAnyExcept(Encoded)
                    ? DigestSyntax.Unsupported
                    : DigestSyntax.Malformed;
        }
    }

    /// <summary>Reads back <see cref="Key"/>.</summary>
    public static Digest FromKey(byte[] key) => FromHash((DigestAlgorithm)key[0], key.AsSpan(1));

    /// <summary>The digest of a finished hash.</summary>
    public static Digest FromHash(DigestAlgorithm algorithm, ReadOnlySpan<byte> hash) =>
        new(algorithm, (algorithm == DigestAlgorithm.Sha256 ? "sha256:" : "sha512:") + Convert.ToHexStringLower(hash));

    /// <summary>The digest of <paramref name="content"/>.</summary>
    public static Digest Of(DigestAlgorithm algorithm, ReadOnlySpan<byte> content) =>
        FromHash(algorithm, algorithm == DigestAlgorithm.Sha256 ? SHA256.HashData(content) : SHA512.HashData(content));

    /// <summary>The digest of <paramref name="content"/>, which should be small.</summary>
    public static Digest Of(DigestAlgorithm algorithm, ReadOnlySequence<byte> content) =>
        Of(algorithm, content.IsSingleSegment ? content.FirstSpan : content.ToArray());

    /// <inheritdoc/>
    public override string ToString() => Text;

    private static DigestSyntax IsHex(ReadOnlySpan<char> encoded, int length) =>
        encoded.Length == length && !encoded.ContainsAnyExcept(LowerHex) ? DigestSyntax.Valid : DigestSyntax.Malformed;

    // algorithm ::= component (separator component)*, separator ::= [+._-], component ::= [a-z0-9]+
    private static bool IsAlgorithm(ReadOnlySpan<char> algorithm)
    {
        var afterSeparator = true;
        foreach (var c in algorithm)
        {
            var separator = c is '+' or '.' or '_' or '-';
            if (separator ? afterSeparator : c is not ((>= 'a' and <= 'z') or (>= '0' and <= '9')))
            {
                return false;
            }

            afterSeparator = separator;
        }

        return !afterSeparator;
    }
}
