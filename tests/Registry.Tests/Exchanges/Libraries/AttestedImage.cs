namespace Registry.Tests.Exchanges.Libraries;

/// <summary>
/// What BuildKit builds by default: an index of one image and of the statements about it. The statements stand under the
/// platform unknown/unknown and name the image by annotation and, as an artifact, by their subject as well.
/// </summary>
internal sealed record AttestedImage(Image Image, Content Provenance, Content Config, Content Attestation, Content Index, bool AsArtifact)
{
    public const string AttestationType = "application/vnd.docker.attestation.manifest.v1+json";

    public static readonly Content EmptyConfig = new(Oci.EmptyContent, Oci.EmptyType);

    private const string Predicate = "https://slsa.dev/provenance/v1";

    private static readonly Content UnknownConfig = Content.Json(
        Oci.ConfigType, new { architecture = "unknown", os = "unknown", config = new { }, rootfs = new { type = "layers" } });

    /// <summary>With an artifact for the statements, or, as before and with <c>oci-artifact=false</c>, an image of no platform.</summary>
    public static AttestedImage Random(bool asArtifact = true)
    {
        var image = Image.Random();
        var provenance = Content.Json("application/vnd.in-toto+json", new
        {
            _type = "https://in-toto.io/Statement/v0.1",
            predicateType = Predicate,
            subject = new[] { new { name = "pkg:docker/app@1", digest = new { sha256 = image.Digest["sha256:".Length..] } } },
        });
        var statement = provenance.Descriptor with { Annotations = Annotation("in-toto.io/predicate-type", Predicate) };
        var attestation = new Content(
            asArtifact
                ? Oci.ImageManifest(Oci.Empty with { Data = "e30=" }, [statement], AttestationType, image.Descriptor)
                : Oci.ImageManifest(UnknownConfig.Descriptor, [statement]),
            Oci.ManifestType);
        var index = Oci.Index(
        [
            image.Descriptor with { Platform = new Platform("amd64") },
            attestation.Descriptor with
            {
                Platform = new Platform("unknown", "unknown"),
                Annotations = new Dictionary<string, string>
                {
                    ["vnd.docker.reference.digest"] = image.Digest,
                    ["vnd.docker.reference.type"] = "attestation-manifest",
                },
            },
        ]);
        var config = asArtifact ? EmptyConfig : UnknownConfig;
        return new AttestedImage(image, provenance, config, attestation, new Content(index, Oci.IndexType), asArtifact);
    }

    /// <summary>Blobs, manifests by digest, the index by tag.</summary>
    public async Task PushAsync(ContainerdResolver repository, string tag)
    {
        await repository.PushImageAsync(Image);
        await repository.PushBlobAsync(Provenance);
        await repository.PushBlobAsync(Config);
        await repository.PushManifestAsync(Attestation, subject: AsArtifact ? Image.Digest : null);
        await repository.PushManifestAsync(Index, tag);
    }

    private static Dictionary<string, string> Annotation(string name, string value) => new() { [name] = value };
}
