namespace Registry.Storage.Oci;

/// <summary>The media types that decide how a document or a descriptor is treated. All others are kept as they are.</summary>
public static class MediaTypes
{
    /// <summary>OCI image manifest, also the form of every artifact.</summary>
    public const string OciManifest = "application/vnd.oci.image.manifest.v1+json";

    /// <summary>OCI image index.</summary>
    public const string OciIndex = "application/vnd.oci.image.index.v1+json";

    /// <summary>Docker image manifest, schema 2.</summary>
    public const string DockerManifest = "application/vnd.docker.distribution.manifest.v2+json";

    /// <summary>Docker manifest list.</summary>
    public const string DockerList = "application/vnd.docker.distribution.manifest.list.v2+json";

    /// <summary>The artifact manifest that OCI withdrew before 1.1.</summary>
    public const string WithdrawnArtifact = "application/vnd.oci.artifact.manifest.v1+json";

    private const string DockerSchema1 = "application/vnd.docker.distribution.manifest.v1+json";
    private const string DockerSchema1Signed = "application/vnd.docker.distribution.manifest.v1+prettyjws";

    /// <summary>True for image manifests, OCI and Docker.</summary>
    public static bool IsImage(string? mediaType) => mediaType is OciManifest or DockerManifest;

    /// <summary>True for indexes and manifest lists.</summary>
    public static bool IsIndex(string? mediaType) => mediaType is OciIndex or DockerList;

    /// <summary>True for what is stored under <c>/manifests/</c>.</summary>
    public static bool IsManifest(string? mediaType) => IsImage(mediaType) || IsIndex(mediaType);

    /// <summary>True for Docker schema 1, signed or not.</summary>
    public static bool IsSchema1(string? mediaType) => mediaType is DockerSchema1 or DockerSchema1Signed;

    /// <summary>True for layers that their maker may not distribute; they need not have been pushed (image-spec, layer.md).</summary>
    public static bool IsForeignLayer(string? mediaType) =>
        mediaType is "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
        || (mediaType?.StartsWith("application/vnd.oci.image.layer.nondistributable.v1.", StringComparison.Ordinal) ?? false);
}
