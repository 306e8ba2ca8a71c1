using Registry.Storage.Oci;

namespace Registry.Upstreams;

/// <summary>A request to an upstream.</summary>
/// <param name="Method">GET or HEAD.</param>
/// <param name="Repository">The name there, as in <c>library/nginx</c>.</param>
/// <param name="Path">What follows the name: <c>manifests/latest</c>, <c>blobs/sha256:…</c>, <c>referrers/…</c>, <c>tags/list?n=…</c>.</param>
internal sealed record UpstreamRequest(HttpMethod Method, string Repository, string Path)
{
    // Without the types a registry may convert to schema 1; what it has of other types is wanted as it is.
    private const string Manifests =
        $"{MediaTypes.OciIndex}, {MediaTypes.OciManifest}, {MediaTypes.DockerList}, {MediaTypes.DockerManifest}, */*;q=0.1";

    /// <summary>The first byte wanted. The upstream may ignore it.</summary>
    public long? From { get; init; }

    /// <summary>The validator of what the caller has.</summary>
    public string? IfNoneMatch { get; init; }

    /// <summary>Whether a manifest is asked for.</summary>
    public bool IsManifest => Path.StartsWith("manifests/", StringComparison.Ordinal);

    /// <summary>Whether a blob is asked for.</summary>
    public bool IsBlob => Path.StartsWith("blobs/", StringComparison.Ordinal);

    /// <summary>The types that are understood.</summary>
    public string Accept => IsManifest ? Manifests : "*/*";
}
