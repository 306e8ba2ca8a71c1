using System.Net;

namespace Registry.Tests;

/// <summary>The upload sessions of one repository. A location is the absolute URI that the registry answered last.</summary>
public sealed class Uploads(HttpClient http, string name)
{
    /// <summary>The query starts with "?".</summary>
    public Task<HttpResponseMessage> PostAsync(string query = "", byte[]? content = null) =>
        http.PostAsync(new Uri($"v2/{name}/blobs/uploads/{query}", UriKind.Relative), new ByteArrayContent(content ?? []));

    public async Task<Uri> StartAsync(string query = "")
    {
        using var response = await PostAsync(query);
        await OciAssert.StatusAsync(response, HttpStatusCode.Accepted);
        return Location(response);
    }

    /// <summary>With <paramref name="from"/> a chunk with Content-Range, without it a stream that is appended.</summary>
    public Task<HttpResponseMessage> PatchAsync(Uri location, byte[] content, long? from = null)
    {
        var body = new ByteArrayContent(content);
        body.Headers.TryAddWithoutValidation("Content-Type", "application/octet-stream");
        if (from is not null)
        {
            body.Headers.TryAddWithoutValidation("Content-Range", $"{from}-{from + content.Length - 1}");
        }

        return http.PatchAsync(location, body);
    }

    public Task<HttpResponseMessage> CloseAsync(Uri location, string digest, byte[]? content = null, long? from = null)
    {
        var body = new ByteArrayContent(content ?? []);
        body.Headers.TryAddWithoutValidation("Content-Type", "application/octet-stream");
        if (from is not null)
        {
            body.Headers.TryAddWithoutValidation("Content-Range", $"{from}-{from + body.Headers.ContentLength - 1}");
        }

        return http.PutAsync(WithDigest(location, digest), body);
    }

    public Task<HttpResponseMessage> StatusAsync(Uri location) => http.GetAsync(location);

    public Task<HttpResponseMessage> CancelAsync(Uri location) => http.DeleteAsync(location);

    /// <summary>The Location of a response, made absolute against the request it answers.</summary>
    public static Uri Location(HttpResponseMessage response) =>
        new(response.RequestMessage!.RequestUri!, OciAssert.Header(response, "Location"));

    /// <summary>Appends the digest and keeps the query that the registry put into the location.</summary>
    public static Uri WithDigest(Uri location, string digest) =>
        new($"{location.OriginalString}{(location.Query.Length is 0 ? '?' : '&')}digest={Uri.EscapeDataString(digest)}");
}
