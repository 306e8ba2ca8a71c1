namespace Registry.Tests.Exchanges.Libraries;

/// <summary>
/// One repository as containerd's resolver, fetcher and pusher speak to it: in containerd, in docker's containerd store and in
/// BuildKit. It never pings. With <paramref name="ns"/> the registry is contacted as a mirror of that host.
/// </summary>
internal sealed class ContainerdResolver(GoClient go, string name, string? ns = null)
{
    private const string AnyManifest =
        $"{Oci.DockerManifestType}, {Oci.DockerListType}, {Oci.ManifestType}, {Oci.IndexType}, */*";

    // It unpacks whatever Content-Encoding the answer declares.
    private static readonly (string, string) Encodings = ("Accept-Encoding", "zstd;q=1.0, gzip;q=0.8, deflate;q=0.5");

    public string Name => name;

    private string Namespace => ns is null ? "" : $"?ns={GoClient.Escape(ns)}";

    /// <summary>Resolves a tag or digest: three headers make the descriptor.</summary>
    public Task<RawResponse> ResolveAsync(string reference) => go.HeadAsync($"/v2/{name}/manifests/{reference}{Namespace}", ("Accept", AnyManifest));

    public async Task FetchManifestAsync(Content manifest) =>
        (await go.GetAsync($"/v2/{name}/manifests/{manifest.Digest}{Namespace}", Accept(manifest), Encodings)).IsManifest(manifest);

    public async Task FetchBlobAsync(Content blob) => (await GetBlobAsync(blob)).IsBlob(blob);

    /// <summary>Goes on with a blob whose transfer broke off, or takes one of several parts at the same time.</summary>
    public async Task FetchBlobFromAsync(Content blob, int offset) =>
        (await GetBlobAsync(blob, ("Range", $"bytes={offset}-"))).IsPartOf(blob, offset, blob.Bytes.Length - 1);

    /// <summary>Pulls an image by its digest: manifest, config, layers.</summary>
    public async Task FetchImageAsync(Image image)
    {
        await FetchManifestAsync(Content.Manifest(image));
        foreach (var blob in Content.Blobs(image).Reverse())
        {
            await FetchBlobAsync(blob);
        }
    }

    /// <summary>HEAD, POST and one PUT with everything.</summary>
    public async Task PushBlobAsync(Content blob)
    {
        (await ExistsAsync(blob)).Is("404 Not Found");
        var location = (await go.PostAsync($"/v2/{name}/blobs/uploads/{Namespace}")).IsUploadAccepted(name);
        await FinishAsync(location, blob);
    }

    /// <summary>Asks for a blob of another repository. The parameters are put into the path as they are, in this order.</summary>
    public async Task<RawResponse> MountAsync(Content blob, string from)
    {
        (await ExistsAsync(blob)).Is("404 Not Found");
        return await go.PostAsync($"/v2/{name}/blobs/uploads/?mount={blob.Digest}&from={from}");
    }

    /// <summary>The one PUT of a session: length known, digest encoded.</summary>
    public async Task FinishAsync(string location, Content blob) =>
        (await go.SendAsync("PUT", $"{location}?digest={GoClient.Escape(blob.Digest)}", blob.Bytes, ("Content-Type", "application/octet-stream")))
            .IsBlobCreated(name, blob.Digest);

    /// <summary>What is there is not sent again.</summary>
    public Task<RawResponse> ExistsAsync(Content blob) => go.HeadAsync($"/v2/{name}/blobs/{blob.Digest}", Accept(blob));

    /// <summary>Puts a manifest under its digest, or under the tag.</summary>
    public async Task PushManifestAsync(Content manifest, string? tag = null, string? subject = null) =>
        (await PutManifestAsync(manifest, tag)).IsManifestCreated(name, manifest, subject);

    public async Task<RawResponse> PutManifestAsync(Content manifest, string? tag = null)
    {
        var target = $"/v2/{name}/manifests/{tag ?? manifest.Digest}{Namespace}";
        if ((await go.HeadAsync(target, Accept(manifest))) is { Status: not 404 } there)
        {
            there.Is("200 OK");
            Assert.NotEqual(manifest.Digest, there.Header("Docker-Content-Digest"));
        }

        return await go.SendAsync("PUT", target, manifest.Bytes, ("Content-Type", manifest.MediaType));
    }

    /// <summary>Blobs first, then the manifest.</summary>
    public async Task PushImageAsync(Image image, string? tag = null)
    {
        foreach (var blob in Content.Blobs(image))
        {
            await PushBlobAsync(blob);
        }

        await PushManifestAsync(Content.Manifest(image), tag);
    }

    /// <summary>Several types are alternatives, each in a parameter of its own; Encode sorts parameters by name.</summary>
    public Task<RawResponse> ReferrersAsync(string digest, string query = "") =>
        go.GetAsync($"/v2/{name}/referrers/{digest}{query}", ("Accept", $"{Oci.IndexType}, */*"));

    private Task<RawResponse> GetBlobAsync(Content blob, params (string, string)[] headers) =>
        go.GetAsync($"/v2/{name}/blobs/{blob.Digest}{Namespace}", [Accept(blob), Encodings, .. headers]);

    private static (string, string) Accept(Content content) => ("Accept", $"{content.MediaType}, */*");
}
