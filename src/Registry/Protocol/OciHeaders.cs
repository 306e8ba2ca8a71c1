using Registry.Storage.Oci;

namespace Registry.Protocol;

/// <summary>The header names of the protocol, and the small setters that several endpoints share.</summary>
internal static class OciHeaders
{
    public const string ApiVersion = "Docker-Distribution-API-Version";
    public const string ContentDigest = "Docker-Content-Digest";
    public const string UploadId = "Docker-Upload-UUID";
    public const string Subject = "OCI-Subject";
    public const string Tag = "OCI-Tag";
    public const string Namespace = "OCI-Namespace";
    public const string FiltersApplied = "OCI-Filters-Applied";

    /// <summary>Names the content: its digest, also as the strong validator that HTTP caches know.</summary>
    public static void SetDigest(HttpResponse response, Digest digest)
    {
        response.Headers[ContentDigest] = digest.Text;
        response.Headers.ETag = $"\"{digest.Text}\"";
    }

    /// <summary>
    /// What content pushed by one person and opened by another needs: no guessing of types, no scripts, no page of its own, no use
    /// by the pages of other sites, no rewriting on the way.
    /// </summary>
    public static void SetContentSafety(HttpResponse response, bool immutable)
    {
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.ContentSecurityPolicy = "default-src 'none'; sandbox";
        response.Headers.ContentDisposition = "attachment";
        response.Headers["Cross-Origin-Resource-Policy"] = "same-origin";
        response.Headers.CacheControl = immutable ? "private, max-age=31536000, immutable, no-transform" : "no-cache, no-transform";
    }

    /// <summary>Whether If-None-Match names the digest: the client has the content already (RFC 9110, 13.1.2).</summary>
    public static bool IsNotModified(HttpRequest request, Digest digest)
    {
        if (!request.Headers.TryGetValue("If-None-Match", out var values))
        {
            return false;
        }

        foreach (var tag in values.SelectMany(value => (value ?? string.Empty).Split(',', StringSplitOptions.TrimEntries)))
        {
            var bare = tag.StartsWith("W/", StringComparison.Ordinal) ? tag[2..] : tag;
            if (bare == "*" || bare.Trim('"') == digest.Text)
            {
                return true;
            }
        }

        return false;
    }
}
