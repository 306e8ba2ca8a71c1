using Registry.Storage.Manifests;
using Registry.Storage.Oci;

namespace Registry.Manifests;

/// <summary>If-Match and If-None-Match on the push of a tag: compare-and-set.</summary>
internal static class TagConditions
{
    /// <summary>The condition the request sets, or null.</summary>
    /// <exception cref="OciException">DIGEST_INVALID: an entity tag is no digest in quotes.</exception>
    public static TagCondition? Read(HttpRequest request)
    {
        var match = Entries(request.Headers.IfMatch);
        var noneMatch = Entries(request.Headers.IfNoneMatch);
        if (match.Count == 0 && noneMatch.Count == 0)
        {
            return null;
        }

        if (noneMatch.Any(entry => entry != "*"))
        {
            throw new OciException(OciError.PreconditionFailed, "on a push, If-None-Match may only be *");
        }

        var any = match.Contains("*");
        return new TagCondition(noneMatch.Count > 0, any, any ? [] : match.ConvertAll(ToDigest));
    }

    private static List<string> Entries(Microsoft.Extensions.Primitives.StringValues values) => values
        .SelectMany(value => (value ?? string.Empty).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).ToList();

    private static Digest ToDigest(string entry) => Digest.TryParse(entry.Trim('"'), out var digest) == DigestSyntax.Valid
        ? digest
        : throw new OciException(OciError.PreconditionFailed, "If-Match names the digest that the tag must point to, in quotes", [entry]);
}
