namespace Registry.Tests.Wire;

/// <summary>One repository, spoken to in single requests of the protocol.</summary>
internal sealed class RepositoryWire(HttpClient http, string name)
{
    public HttpClient Http => http;

    public string Name => name;

    /// <summary>Another repository of the same registry.</summary>
    public RepositoryWire Sibling(string suffix) => new(http, name + suffix);

    /// <summary>A path below the repository, <c>tags/list</c> for example.</summary>
    public string At(string rest) => $"/v2/{name}/{rest}";

    public Task<Answer> GetAsync(string rest, params (string, string)[] headers) => http.SendAsync("GET", At(rest), headers);

    public Task<Answer> HeadAsync(string rest, params (string, string)[] headers) => http.SendAsync("HEAD", At(rest), headers);

    public Task<Answer> DeleteAsync(string rest) => http.SendAsync("DELETE", At(rest));

    public Task<Answer> PutManifestAsync(string reference, ReadOnlyMemory<byte> content, string? type, params (string, string)[] headers) =>
        http.SendAsync("PUT", At($"manifests/{reference}"), Wire.Http.Sized(content, type), headers);

    public Task<Answer> PostAsync(string query = "", HttpContent? body = null) => http.SendAsync("POST", At("blobs/uploads/") + query, body);

    /// <summary>Opens an upload session and returns where it goes on.</summary>
    public async Task<string> StartAsync(string query = "") => (await PostAsync(query)).Is(202).Location;

    /// <summary>Appends without a range, as docker does.</summary>
    public Task<Answer> StreamAsync(string location, ReadOnlyMemory<byte> content) =>
        http.SendAsync("PATCH", location, Wire.Http.Streamed(content));

    /// <summary>Appends <paramref name="content"/> as the chunk that begins at <paramref name="start"/>.</summary>
    public Task<Answer> ChunkAsync(string location, ReadOnlyMemory<byte> content, long start) =>
        http.SendAsync("PATCH", location, Wire.Http.Sized(content), ("Content-Range", $"{start}-{start + content.Length - 1}"));

    public Task<Answer> CloseAsync(string location, string digest) => http.SendAsync("PUT", With(location, $"digest={Uri.EscapeDataString(digest)}"));

    public Task<Answer> CloseAsync(string location, string digest, ReadOnlyMemory<byte> content, params (string, string)[] headers) =>
        http.SendAsync("PUT", With(location, $"digest={Uri.EscapeDataString(digest)}"), Wire.Http.Sized(content), headers);

    /// <summary>The GET of an open session.</summary>
    public Task<Answer> StatusAsync(string location) => http.SendAsync("GET", location);

    /// <summary>Uploads a blob by POST and PUT and returns its digest.</summary>
    public async Task<string> PushBlobAsync(ReadOnlyMemory<byte> content, string algorithm = "sha256")
    {
        var digest = DigestOf(content.Span, algorithm);
        (await CloseAsync(await StartAsync(), digest, content)).Is(201);
        return digest;
    }

    /// <summary>Appends a parameter to a Location that may have some already.</summary>
    public static string With(string location, string parameter) => location + (location.Contains('?') ? '&' : '?') + parameter;

    public static string DigestOf(ReadOnlySpan<byte> content, string algorithm = "sha256") => Oci.Digest(content.ToArray(), algorithm);
}
