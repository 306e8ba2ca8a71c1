using System.Globalization;

namespace Registry.Protocol;

/// <summary>Where an upload continues, and how far it has come (distribution-spec, "Pushing a blob in chunks").</summary>
internal static class UploadHeaders
{
    /// <summary>For a request that names the session in its path.</summary>
    public static void Set(HttpContext http, long position) => Set(http, Guid.Parse(RepositoryPath.Of(http).Last, CultureInfo.InvariantCulture), position);

    /// <summary>For a request that has just started the session.</summary>
    public static void Set(HttpContext http, Guid id, long position)
    {
        var headers = http.Response.Headers;
        headers.Location = RepositoryPath.Of(http).UploadLocation(id);

        // Docker reads two numbers and refuses an end before the start, so nothing stored is "0-0" as well.
        headers.Range = $"0-{Math.Max(0, position - 1)}";
        headers[OciHeaders.UploadId] = id.ToString("D");
    }
}
