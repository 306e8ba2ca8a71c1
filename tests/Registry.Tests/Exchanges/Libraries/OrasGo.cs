namespace Registry.Tests.Exchanges.Libraries;

/// <summary>One repository as oras-go speaks to it, in oras, helm and notation. It reacts to 401 and never pings by itself.</summary>
internal sealed class OrasGo(GoClient go, string name)
{
    private const string AnyManifest =
        $"{Oci.DockerManifestType}, {Oci.DockerListType}, {Oci.ManifestType}, {Oci.IndexType}, application/vnd.oci.artifact.manifest.v1+json";

    public string Name => name;

    /// <summary>A HEAD without all of type, length and digest is an error to it.</summary>
    public Task<RawResponse> ResolveAsync(string reference) => go.HeadAsync($"/v2/{name}/manifests/{reference}", ("Accept", AnyManifest));

    public Task<RawResponse> FetchReferenceAsync(string reference) => go.GetAsync($"/v2/{name}/manifests/{reference}", ("Accept", AnyManifest));

    public async Task FetchManifestAsync(Content manifest) =>
        (await go.GetAsync($"/v2/{name}/manifests/{manifest.Digest}", ("Accept", manifest.MediaType))).IsManifest(manifest);

    public async Task FetchBlobAsync(Content blob) => (await go.GetAsync($"/v2/{name}/blobs/{blob.Digest}")).IsBlob(blob);

    /// <summary>Reads on from a place in a blob that it has opened; it names the last byte, too.</summary>
    public async Task SeekBlobAsync(Content blob, int offset)
    {
        var last = blob.Bytes.Length - 1;
        (await go.GetAsync($"/v2/{name}/blobs/{blob.Digest}", ("Range", $"bytes={offset}-{last}"))).IsPartOf(blob, offset, last);
    }

    public Task<RawResponse> ExistsAsync(Content blob) => go.HeadAsync($"/v2/{name}/blobs/{blob.Digest}");

    /// <summary>HEAD, POST and one PUT with everything.</summary>
    public async Task PushBlobAsync(Content blob)
    {
        (await ExistsAsync(blob)).Is("404 Not Found");
        await UploadBlobAsync(blob);
    }

    /// <summary>The same without looking first, for what has just been made.</summary>
    public async Task UploadBlobAsync(Content blob) =>
        await FinishAsync((await go.PostAsync($"/v2/{name}/blobs/uploads/")).IsUploadAccepted(name), blob);

    /// <summary>Asks for a blob of another repository; neither parameter is encoded.</summary>
    public Task<RawResponse> MountAsync(Content blob, string from) => go.PostAsync($"/v2/{name}/blobs/uploads/?mount={blob.Digest}&from={from}");

    public async Task FinishAsync(string location, Content blob) =>
        (await go.SendAsync("PUT", $"{location}?digest={GoClient.Escape(blob.Digest)}", blob.Bytes, ("Content-Type", "application/octet-stream")))
            .IsBlobCreated(name, blob.Digest);

    /// <summary>With <c>OCI-Subject</c> in the answer it leaves the tag of referrers alone.</summary>
    public async Task PushManifestAsync(Content manifest, string? reference = null, string? subject = null) =>
        (await go.SendAsync("PUT", $"/v2/{name}/manifests/{reference ?? manifest.Digest}", manifest.Bytes, ("Content-Type", manifest.MediaType)))
            .IsManifestCreated(name, manifest, subject);

    /// <summary>Fetches a manifest by its digest and puts it under a tag.</summary>
    public async Task TagAsync(Content manifest, string tag, string? subject = null)
    {
        await FetchManifestAsync(manifest);
        await PushManifestAsync(manifest, tag, subject);
    }

    /// <summary>What is copied as a graph: the root is looked for first, its blobs are pushed, then it is.</summary>
    public async Task PushGraphAsync(Content manifest, IEnumerable<Content> blobs, string? reference = null, string? subject = null)
    {
        (await ResolveAsync(manifest.Digest)).Is("404 Not Found");
        foreach (var blob in blobs)
        {
            await PushBlobAsync(blob);
        }

        await PushManifestAsync(manifest, reference, subject);
    }

    public Task<RawResponse> ReferrersAsync(string digest, string? artifactType = null) =>
        go.GetAsync($"/v2/{name}/referrers/{digest}{(artifactType is null ? "" : $"?artifactType={GoClient.Escape(artifactType)}")}");

    /// <summary>A 202 without a digest, or with the right one.</summary>
    public async Task DeleteAsync(Content manifest) => (await go.DeleteAsync($"/v2/{name}/manifests/{manifest.Digest}")).IsDeleted();

    /// <summary>Tags, pages of <c>n</c> until there is no Link. Returns them with the number of pages.</summary>
    public async Task<(List<string> Tags, int Pages)> TagsAsync(string query = "")
    {
        var (tags, pages) = (new List<string>(), 0);
        for (var next = $"/v2/{name}/tags/list{query}"; next is not null; pages++)
        {
            var answer = (await go.GetAsync(next)).Is("200 OK").Has("Content-Type", "application/json");
            Assert.Equal(name, (string?)answer.Json()["name"]);
            tags.AddRange(answer.Strings("tags"));
            next = answer.NextPage();
        }

        return (tags, pages);
    }
}
