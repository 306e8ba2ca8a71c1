using System.Net;

namespace Registry.Tests;

/// <summary>One repository as a client sees it. Push… methods expect success, all others return the response as it is.</summary>
public sealed class RepositoryClient(HttpClient http, string name)
{
    public string Name => name;

    public Uploads Uploads { get; } = new(http, name);

    /// <summary>POST and PUT, as most clients push a blob. Returns its digest.</summary>
    public async Task<string> PushBlobAsync(byte[] content, string algorithm = "sha256")
    {
        var digest = Oci.Digest(content, algorithm);
        using var response = await CloseAsync(await StartUploadAsync(), digest, content);
        await OciAssert.StatusAsync(response, HttpStatusCode.Created);
        return digest;
    }

    /// <summary>Pushes a random image: blobs, then the manifest under the tag, or under its digest without one.</summary>
    public async Task<Image> PushImageAsync(string? tag = null, int layers = 2, int layerSize = 1024, Descriptor? subject = null, string? artifactType = null)
    {
        var image = Image.Random(layers, layerSize, subject: subject, artifactType: artifactType);
        await PushImageAsync(image, tag);
        return image;
    }

    public async Task PushImageAsync(Image image, string? tag = null)
    {
        foreach (var content in image.Blobs.Values)
        {
            await PushBlobAsync(content, image.Digest[..image.Digest.IndexOf(':', StringComparison.Ordinal)]);
        }

        await PushManifestAsync(tag ?? image.Digest, image.Manifest, image.MediaType);
    }

    /// <summary>Pushes an index over manifests that are there already. Returns its digest.</summary>
    public Task<string> PushIndexAsync(string? tag, params IEnumerable<Descriptor> manifests)
    {
        var index = Oci.Index(manifests);
        return PushManifestAsync(tag ?? Oci.Digest(index), index, Oci.IndexType);
    }

    /// <summary>PUT of a manifest that has to succeed. Returns the digest that the registry answered.</summary>
    public async Task<string> PushManifestAsync(string reference, byte[] manifest, string mediaType = Oci.ManifestType)
    {
        using var response = await PutManifestAsync(reference, manifest, mediaType);
        await OciAssert.StatusAsync(response, HttpStatusCode.Created);
        return OciAssert.Header(response, "Docker-Content-Digest");
    }

    /// <summary>Pulls an image by its digest, which has to be there with all its bytes.</summary>
    public async Task AssertHasAsync(Image image)
    {
        using var manifest = await GetManifestAsync(image.Digest);
        await OciAssert.DigestAsync(manifest, HttpStatusCode.OK, image.Digest, image.Manifest);
        foreach (var (digest, content) in image.Blobs)
        {
            using var blob = await GetBlobAsync(digest);
            await OciAssert.DigestAsync(blob, HttpStatusCode.OK, digest, content);
        }
    }

    /// <summary>A null media type sends no Content-Type; the query starts with "?".</summary>
    public Task<HttpResponseMessage> PutManifestAsync(string reference, byte[] manifest, string? mediaType = Oci.ManifestType, string query = "")
    {
        var content = new ByteArrayContent(manifest);
        if (mediaType is not null)
        {
            content.Headers.TryAddWithoutValidation("Content-Type", mediaType);
        }

        return http.PutAsync(Path($"manifests/{reference}{query}"), content);
    }

    public Task<HttpResponseMessage> GetManifestAsync(string reference, params string[] accept) =>
        SendAsync(HttpMethod.Get, $"manifests/{reference}", ("Accept", accept));

    public Task<HttpResponseMessage> HeadManifestAsync(string reference, params string[] accept) =>
        SendAsync(HttpMethod.Head, $"manifests/{reference}", ("Accept", accept));

    public Task<HttpResponseMessage> DeleteManifestAsync(string reference) => SendAsync(HttpMethod.Delete, $"manifests/{reference}");

    /// <summary><paramref name="range"/> as in the header: "bytes=0-99".</summary>
    public Task<HttpResponseMessage> GetBlobAsync(string digest, string? range = null) =>
        SendAsync(HttpMethod.Get, $"blobs/{digest}", ("Range", range is null ? [] : [range]));

    public Task<HttpResponseMessage> HeadBlobAsync(string digest) => SendAsync(HttpMethod.Head, $"blobs/{digest}");

    public Task<HttpResponseMessage> DeleteBlobAsync(string digest) => SendAsync(HttpMethod.Delete, $"blobs/{digest}");

    /// <summary>The POST that asks for a blob of another repository; 201 mounted, 202 an upload to continue with.</summary>
    public Task<HttpResponseMessage> MountAsync(string digest, string? from = null) =>
        SendAsync(HttpMethod.Post, $"blobs/uploads/?mount={digest}{(from is null ? "" : $"&from={Uri.EscapeDataString(from)}")}");

    /// <summary>Opens an upload session and returns where to continue.</summary>
    public Task<Uri> StartUploadAsync(string query = "") => Uploads.StartAsync(query);

    public Task<HttpResponseMessage> PatchAsync(Uri location, byte[] content, long? from = null) => Uploads.PatchAsync(location, content, from);

    public Task<HttpResponseMessage> CloseAsync(Uri location, string digest, byte[]? content = null) => Uploads.CloseAsync(location, digest, content);

    /// <summary>The query starts with "?", as in "?n=10".</summary>
    public Task<HttpResponseMessage> TagsAsync(string query = "") => SendAsync(HttpMethod.Get, $"tags/list{query}");

    public Task<HttpResponseMessage> ReferrersAsync(string digest, string query = "") => SendAsync(HttpMethod.Get, $"referrers/{digest}{query}");

    /// <summary>Any request below the repository, with headers that are sent as they are, each value as a line of its own.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, params (string Name, string[] Values)[] headers)
    {
        var request = new HttpRequestMessage(method, Path(path));
        foreach (var (header, values) in headers)
        {
            request.Headers.TryAddWithoutValidation(header, values);
        }

        return http.SendAsync(request);
    }

    private Uri Path(string path) => new($"v2/{name}/{path}", UriKind.Relative);
}
