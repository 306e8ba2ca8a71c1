using Registry.Storage.Oci;

namespace Registry.Manifests;

/// <summary>The tag or digest at the end of a manifest's path. A tag has no colon, a digest always has one.</summary>
internal readonly record struct ManifestReference(string Text, Tag Tag, Digest Digest, bool IsDigest, bool IsUnsupported)
{
    /// <summary>The reference that is a digest.</summary>
    public static ManifestReference Of(Digest digest) => new(digest.Text, default, digest, true, false);

    /// <exception cref="OciException">TAG_INVALID or DIGEST_INVALID.</exception>
    public static ManifestReference Parse(string text)
    {
        if (!text.Contains(':', StringComparison.Ordinal))
        {
            return Tag.TryParse(text, out var tag)
                ? new(text, tag, default, false, false)
                : throw new OciException(OciError.TagInvalid, details: [text]);
        }

        return Digest.TryParse(text, out var digest) switch
        {
            DigestSyntax.Valid => new(text, default, digest, true, false),
            DigestSyntax.Unsupported => new(text, default, default, true, true),
            _ => throw new OciException(OciError.DigestInvalid, "a digest is sha256: and 64, or sha512: and 128 lower-case hex digits", [text]),
        };
    }
}
