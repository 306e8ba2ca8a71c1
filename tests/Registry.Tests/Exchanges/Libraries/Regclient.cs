using System.Globalization;

namespace Registry.Tests.Exchanges.Libraries;

/// <summary>One repository as regclient speaks to it, in regctl and regsync.</summary>
internal sealed class Regclient(GoClient go, string name)
{
    // One line for each type.
    private static readonly (string, string)[] AnyManifest =
    [
        ("Accept", Oci.IndexType),
        ("Accept", Oci.ManifestType),
        ("Accept", Oci.DockerListType),
        ("Accept", Oci.DockerManifestType),
        ("Accept", "application/vnd.docker.distribution.manifest.v1+prettyjws"),
        ("Accept", "application/vnd.docker.distribution.manifest.v1+json"),
        ("Accept", "application/vnd.oci.artifact.manifest.v1+json"),
    ];

    private static readonly (string, string) Octets = ("Content-Type", "application/octet-stream");

    public string Name => name;

    public Task<RawResponse> HeadManifestAsync(string reference) => go.HeadAsync($"/v2/{name}/manifests/{reference}", AnyManifest);

    public Task<RawResponse> GetManifestAsync(string reference) => go.GetAsync($"/v2/{name}/manifests/{reference}", AnyManifest);

    public Task<RawResponse> HeadBlobAsync(string digest) => go.HeadAsync($"/v2/{name}/blobs/{digest}");

    public async Task GetBlobAsync(Content blob) => (await go.GetAsync($"/v2/{name}/blobs/{blob.Digest}")).IsBlob(blob);

    /// <summary>Asks for the blob wherever it may be; a 202 is the session for one PUT with everything.</summary>
    public async Task PutBlobAsync(Content blob)
    {
        var location = (await go.PostAsync($"/v2/{name}/blobs/uploads/?mount={GoClient.Escape(blob.Digest)}")).IsUploadAccepted(name);
        (await go.SendAsync("PUT", $"{location}?digest={GoClient.Escape(blob.Digest)}", blob.Bytes, Octets)).IsBlobCreated(name, blob.Digest);
    }

    public Task<RawResponse> MountAsync(string digest, string? from = null) =>
        go.PostAsync($"/v2/{name}/blobs/uploads/?{(from is null ? "" : $"from={GoClient.Escape(from)}&")}mount={GoClient.Escape(digest)}");

    public async Task<string> StartAsync() => (await go.PostAsync($"/v2/{name}/blobs/uploads/")).IsUploadAccepted(name);

    /// <summary>A chunk that says where it belongs; without a minimum from the registry it is one MiB.</summary>
    public Task<RawResponse> PatchAsync(string location, byte[] chunk, int start) => go.SendAsync(
        "PATCH", location, chunk, Octets, ("Content-Range", string.Create(CultureInfo.InvariantCulture, $"{start}-{start + chunk.Length - 1}")));

    public Task<RawResponse> StatusAsync(string location) => go.GetAsync(location);

    public async Task CloseAsync(string location, string digest) =>
        (await go.SendAsync("PUT", $"{location}?digest={GoClient.Escape(digest)}", null, Octets)).IsBlobCreated(name, digest);

    public Task<RawResponse> CancelAsync(string location) => go.DeleteAsync(location);

    public async Task PutManifestAsync(Content manifest, string? tag = null, string? subject = null) =>
        (await SendManifestAsync(manifest, tag)).IsManifestCreated(name, manifest, subject);

    public Task<RawResponse> SendManifestAsync(Content manifest, string? tag = null) =>
        go.SendAsync("PUT", $"/v2/{name}/manifests/{tag ?? manifest.Digest}", manifest.Bytes, ("Content-Type", manifest.MediaType));

    public async Task PutImageAsync(Image image, string? tag = null)
    {
        foreach (var blob in Content.Blobs(image))
        {
            await PutBlobAsync(blob);
        }

        await PutManifestAsync(Content.Manifest(image), tag);
    }

    public Task<RawResponse> ReferrersAsync(string digest, string query = "") =>
        go.GetAsync($"/v2/{name}/referrers/{digest}{query}", ("Accept", Oci.IndexType));

    public Task<RawResponse> TagsAsync(string query = "") => go.GetAsync($"/v2/{name}/tags/list{query}", ("Accept", "application/json"));

    public Task<RawResponse> DeleteManifestAsync(string reference) => go.DeleteAsync($"/v2/{name}/manifests/{reference}");
}
