using System.Buffers;
using Registry.Storage.Oci;

namespace Registry.Protocol;

/// <summary>
/// The request's path as it was sent. The decoded one has lost the difference between <c>/</c>, <c>%2F</c> and <c>%252F</c>,
/// and <c>/a/../b</c> has become <c>/b</c> in it: whoever checks the one and acts on the other can be led astray.
/// </summary>
internal static class RawPath
{
    private static readonly SearchValues<char> Suspicious = SearchValues.Create("%\\");

    /// <summary>What follows <c>/v2/</c>, with the harmless escapes decoded; null for other paths.</summary>
    /// <exception cref="OciException">UNSUPPORTED (400): the path is written in a way that could mean two things.</exception>
    public static string? BelowV2(string target, PathString decoded)
    {
        var path = PathOf(target);
        if (!path.StartsWith("/v2/", StringComparison.Ordinal))
        {
            // Routing does not tell /V2/ from /v2/, the protocol does.
            return path.StartsWith("/V", StringComparison.Ordinal) ? throw new OciException(OciError.NotFound)
                : !decoded.StartsWithSegments("/v2", StringComparison.OrdinalIgnoreCase) || path.SequenceEqual("/v2") ? null
                : throw Refused("the path must begin with /v2/ as it is");
        }

        var text = path[4..].ContainsAny(Suspicious) ? Decode(path[4..]) : path[4..].ToString();

        foreach (var segment in text.AsSpan().TrimEnd('/').Split('/'))
        {
            RefuseSegment(text.AsSpan(segment), text);
        }

        if (text.EndsWith("//", StringComparison.Ordinal) || text == "/")
        {
            throw Refused("the path must not have empty or dot segments");
        }

        return text;
    }

    private static void RefuseSegment(ReadOnlySpan<char> segment, string text)
    {
        if (text.Length > 0 && segment is "" or "." or "..")
        {
            throw Refused("the path must not have empty or dot segments");
        }
    }

    // An absolute target (a proxy's form) has its path behind the authority.
    private static ReadOnlySpan<char> PathOf(string target)
    {
        var path = target.AsSpan();
        if (!path.StartsWith("/") && path.IndexOf("://") is var scheme and > 0)
        {
            path = path[(scheme + 3)..];
            path = path.IndexOf('/') is var slash and >= 0 ? path[slash..] : "/";
        }

        return path.IndexOf('?') is var query and >= 0 ? path[..query] : path;
    }

    // Digests arrive as sha256%3A…; escapes of unreserved characters (RFC 3986, 2.3) mean the same as the characters.
    private static string Decode(ReadOnlySpan<char> path)
    {
        var text = new System.Text.StringBuilder(path.Length);
        for (var i = 0; i < path.Length; i++)
        {
            var c = path[i];
            if (c == '%' && i + 2 < path.Length && char.IsAsciiHexDigit(path[i + 1]) && char.IsAsciiHexDigit(path[i + 2]))
            {
                c = (char)Convert.FromHexString(path.Slice(i + 1, 2))[0];
                i += 2;
                if (!char.IsAsciiLetterOrDigit(c) && c is not (':' or '-' or '.' or '_' or '~'))
                {
                    throw Refused("the path may only have the escape %3A and those of unreserved characters");
                }
            }
            else if (c is '%' or '\\')
            {
                throw Refused("the path has a stray % or a backslash");
            }

            text.Append(c);
        }

        return text.ToString();
    }

    private static OciException Refused(string why) => new(OciError.RequestInvalid, why);
}
