using Registry.Storage.Oci;

namespace Registry.Protocol;

/// <summary>
/// The path below <c>/v2/</c>, read once, from the right: names contain slashes and may contain the words of the protocol, what
/// follows them may not. Endpoint routing cannot have a catch-all in the middle, so it sees one of the fixed paths below, in
/// which a dash stands for every part that varies; the parts themselves are here.
/// </summary>
internal sealed class RepositoryPath
{
    public const string Manifest = "/v2/-/manifests/-";
    public const string Blob = "/v2/-/blobs/-";
    public const string Uploads = "/v2/-/blobs/uploads";
    public const string Upload = "/v2/-/blobs/uploads/-";
    public const string Referrers = "/v2/-/referrers/-";
    public const string Tags = "/v2/-/tags/list";

    private RepositoryPath(RepositoryName name, string last, string routed)
    {
        Name = name;
        Last = last;
        Routed = routed;
    }

    /// <summary>The repository.</summary>
    public RepositoryName Name { get; }

    /// <summary>The tag, digest or session id at the end; empty where the path has none.</summary>
    public string Last { get; }

    /// <summary>The path that routing sees.</summary>
    public string Routed { get; }

    /// <summary>The same path of another repository.</summary>
    public RepositoryPath In(RepositoryName name) => new(name, Last, Routed);

    /// <summary>Where the upload of this request continues. Path-absolute: it survives every proxy.</summary>
    public string UploadLocation(Guid id) => $"/v2/{Name}/blobs/uploads/{id:D}";

    /// <summary>The path of the current request.</summary>
    public static RepositoryPath Of(HttpContext http) => http.Features.Get<RepositoryPath>()!;

    /// <summary>Splits what follows <c>/v2/</c>; null when it is no path of a repository.</summary>
    /// <exception cref="OciException">NAME_INVALID.</exception>
    public static RepositoryPath? Parse(string path)
    {
        var slash = path.LastIndexOf('/');
        if (slash < 0)
        {
            return null;
        }

        var head = path.AsSpan(0, slash);
        var last = path[(slash + 1)..];
        if (Strip(head, "/manifests", out var name))
        {
            return Make(name, last, Manifest);
        }

        if (Strip(head, "/blobs/uploads", out name))
        {
            return last.Length == 0 ? Make(name, last, Uploads) : Make(name, last, Upload);
        }

        if (Strip(head, "/blobs", out name))
        {
            return last == "uploads" ? Make(name, string.Empty, Uploads) : Make(name, last, Blob);
        }

        if (Strip(head, "/referrers", out name))
        {
            return Make(name, last, Referrers);
        }

        return last == "list" && Strip(head, "/tags", out name) ? Make(name, string.Empty, Tags) : null;
    }

    private static bool Strip(ReadOnlySpan<char> head, string tail, out ReadOnlySpan<char> name)
    {
        var found = head.EndsWith(tail, StringComparison.Ordinal);
        name = found ? head[..^tail.Length] : default;
        return found;
    }

    private static RepositoryPath Make(ReadOnlySpan<char> text, string last, string routed) =>
        RepositoryName.TryParse(text.ToString(), out var name)
            ? new RepositoryPath(name, last, routed)
            : throw new OciException(
                OciError.NameInvalid,
                $"a repository name has at most {RepositoryName.MaxLength} characters: components of lower-case letters and digits, "
                + "parted by '.', '_', '__' or dashes, and joined by '/'",
                [text.ToString()]);
}
