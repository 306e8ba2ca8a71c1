using Registry.Storage.Oci;

namespace Registry.Manifests;

/// <summary>The tag or digest at the end of a manifest's path. A tag has no colon, a digest always has one.</summary>
internal readonly record struct ManifestReference(Tag Tag, Digest Digest, bool IsDigest, bool IsUnsupported)
{
    /// <exception cref="OciException">TAG_INVALID or DIGEST_INVALID.</exception>
    public static ManifestReference Parse(string text)
    {
        if (!text.Contains(':', StringComparison.Ordinal))
        {
            return Tag.TryParse(text, out var tag)
                ? new(tag, default, false, false)
                : throw new OciException(OciError.TagInvalid, details: [text]);
        }

        return Digest.TryParse(text, out var digest) switch
        {
            DigestSyntax.Valid => new(default, digest, true, false),
            DigestSyntax.Unsupported => new(default, default, true, true),
            _ => throw new OciException(OciError.DigestInvalid, "a digest is sha256: and 64, or sha512: and 128 lower-case hex digits", [text]),
        };
    }
}
