namespace Registry.Tests;

/// <summary>An OCI content descriptor as a manifest carries it; null fields are left out.</summary>
public sealed record Descriptor(string MediaType, string Digest, long Size)
{
    public string? ArtifactType { get; init; }

    public IReadOnlyList<string>? Urls { get; init; }

    public Platform? Platform { get; init; }

    public IReadOnlyDictionary<string, string>? Annotations { get; init; }

    /// <summary>Inlined content, base64.</summary>
    public string? Data { get; init; }

    public static Descriptor Of(byte[] content, string mediaType, string algorithm = "sha256") =>
        new(mediaType, Oci.Digest(content, algorithm), content.Length);
}
