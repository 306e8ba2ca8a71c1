namespace Registry.Tests.Exchanges.Libraries;

/// <summary>One repository as go-containerregistry speaks to it, in crane, kaniko and cosign.</summary>
internal sealed class GoContainerRegistry(GoClient go, string name)
{
    /// <summary>Everything it understands, in its order, without a space.</summary>
    public const string AnyManifest =
        "application/vnd.docker.distribution.manifest.v1+json,application/vnd.docker.distribution.manifest.v1+prettyjws,"
        + $"{Oci.DockerManifestType},{Oci.ManifestType},{Oci.DockerListType},{Oci.IndexType}";

    public string Name => name;

    /// <summary>The first request of every command. After 200 it never asks for a token.</summary>
    public async Task PingAsync() => (await go.GetAsync("/v2/")).IsPing();

    /// <summary>HEAD, POST, a PATCH with the stream, PUT without a body.</summary>
    public async Task UploadAsync(Content blob)
    {
        (await go.HeadAsync($"/v2/{name}/blobs/{blob.Digest}")).Is("404 Not Found");
        await StreamAsync(await StartAsync(), blob);
    }

    /// <summary>A blob that is there already, from an earlier push or another one of the same image.</summary>
    public async Task SkipAsync(Content blob) => (await go.HeadAsync($"/v2/{name}/blobs/{blob.Digest}")).IsHeadOfBlob(blob);

    /// <summary>The POST has a type, though nothing that could be of it.</summary>
    public async Task<string> StartAsync() =>
        (await go.PostAsync($"/v2/{name}/blobs/uploads/", ("Content-Type", "application/json"))).IsUploadAccepted(name);

    /// <summary>Asks for a blob of another repository; <c>origin</c> is its own invention. Encode sorts the parameters.</summary>
    public async Task<RawResponse> MountAsync(Content blob, string from)
    {
        (await go.HeadAsync($"/v2/{name}/blobs/{blob.Digest}")).Is("404 Not Found");
        return await go.PostAsync(
            $"/v2/{name}/blobs/uploads/?from={GoClient.Escape(from)}&mount={GoClient.Escape(blob.Digest)}&origin={GoClient.Escape(go.Authority)}",
            ("Content-Type", "application/json"));
    }

    /// <summary>The rest of an upload; a length is sent where one is known.</summary>
    public async Task StreamAsync(string location, Content blob, bool chunked = false)
    {
        var type = ("Content-Type", "application/octet-stream");
        var patched = chunked ? await go.StreamAsync("PATCH", location, blob.Bytes, type) : await go.SendAsync("PATCH", location, blob.Bytes, type);
        location = patched.IsUploadAccepted(name, blob.Bytes.Length);
        (await go.SendAsync("PUT", $"{location}?digest={GoClient.Escape(blob.Digest)}", null, type)).IsBlobCreated(name, blob.Digest);
    }

    /// <summary>Gives up a session without waiting for the answer to matter.</summary>
    public async Task CancelAsync(string location) => (await go.DeleteAsync(location)).Is("204 No Content");

    public Task<RawResponse> HeadManifestAsync(string reference) => go.HeadAsync($"/v2/{name}/manifests/{reference}", ("Accept", AnyManifest));

    public Task<RawResponse> GetManifestAsync(string reference, string accept = AnyManifest) =>
        go.GetAsync($"/v2/{name}/manifests/{reference}", ("Accept", accept));

    public async Task GetBlobAsync(Content blob) => (await go.GetAsync($"/v2/{name}/blobs/{blob.Digest}")).IsBlob(blob);

    /// <summary>Looks first, then puts; after a manifest with a subject it asks whether the registry lists referrers itself.</summary>
    public async Task PushManifestAsync(Content manifest, string? tag = null, string? subject = null)
    {
        (await HeadManifestAsync(tag ?? manifest.Digest)).Is("404 Not Found");
        await PutManifestAsync(manifest, tag, subject);
    }

    public async Task PutManifestAsync(Content manifest, string? tag = null, string? subject = null)
    {
        (await go.SendAsync("PUT", $"/v2/{name}/manifests/{tag ?? manifest.Digest}", manifest.Bytes, ("Content-Type", manifest.MediaType)))
            .IsManifestCreated(name, manifest, subject);
        if (subject is not null)
        {
            Assert.Contains((await ReferrersAsync(subject)).IsReferrers(), entry => (string?)entry["digest"] == manifest.Digest);
        }
    }

    /// <summary>It filters by itself and sends no artifactType.</summary>
    public Task<RawResponse> ReferrersAsync(string digest) => go.GetAsync($"/v2/{name}/referrers/{digest}", ("Accept", Oci.IndexType));

    public async Task DeleteAsync(string reference) => (await go.DeleteAsync($"/v2/{name}/manifests/{reference}")).IsDeleted();

    /// <summary>Ping, blobs, manifest under the tag.</summary>
    public async Task PushImageAsync(Image image, string tag)
    {
        await PingAsync();
        (await HeadManifestAsync(tag)).Is("404 Not Found");
        foreach (var blob in Content.Blobs(image))
        {
            await UploadAsync(blob);
        }

        await PutManifestAsync(Content.Manifest(image), tag);
    }

    /// <summary>Manifest by reference, config, layers.</summary>
    public async Task PullImageAsync(Image image, string reference)
    {
        (await GetManifestAsync(reference)).IsManifest(Content.Manifest(image));
        foreach (var blob in Content.Blobs(image).Reverse())
        {
            await GetBlobAsync(blob);
        }
    }
}
