using System.Text.Json.Nodes;
using Registry.Tests.Exchanges.Libraries;
using Registry.Tests.Wire;

namespace Registry.Tests.Exchanges;

/// <summary>notation: signatures are referrers that say what they are by the type of their config alone.</summary>
public sealed class NotationTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    private const string UserAgent = "notation/1.3.0";
    private const string SignatureType = "application/vnd.cncf.notary.signature";
    private const string Thumbprint = "io.cncf.notary.x509chain.thumbprint#S256";

    [Theory]
    [Engines("application/jose+json")]
    [Engines("application/cose")]
    public async Task A_signature_is_pushed_found_by_its_type_and_fetched(Engine engine, string envelopeType)
    {
        await using var go = await ConnectAsync(engine);
        var (repository, image) = await PushImageAsync(go);
        (await repository.ResolveAsync("v1")).IsHeadOf(Content.Manifest(image));

        var (signature, envelope) = await SignAsync(repository, image, envelopeType);

        (await repository.ResolveAsync("v1")).IsHeadOf(Content.Manifest(image));
        var listed = Assert.Single((await repository.ReferrersAsync(image.Digest, SignatureType)).IsReferrers(filtered: true));
        Assert.True(JsonNode.DeepEquals(
            new JsonObject
            {
                ["mediaType"] = Oci.ManifestType,
                ["digest"] = signature.Digest,
                ["size"] = signature.Bytes.Length,
                ["artifactType"] = SignatureType,
                ["annotations"] = new JsonObject { [Thumbprint] = """["9f5f5aecee24b5cfdc7a91f6d5ac5c3a5348feb17c934d403f59ac251549ea0d"]""" },
            },
            listed), listed.ToJsonString());
        await repository.FetchManifestAsync(signature);
        await repository.FetchBlobAsync(envelope);
    }

    [Theory, Engines]
    public async Task Several_signatures_of_one_image_stand_beside_each_other_and_beside_other_artifacts(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var (repository, image) = await PushImageAsync(go);
        var (first, _) = await SignAsync(repository, image, "application/jose+json");
        var (second, _) = await SignAsync(repository, image, "application/cose", configThere: true);
        var sbom = new Content(Oci.ImageManifest(Oci.Empty, [Oci.Empty], "application/vnd.example.sbom", image.Descriptor), Oci.ManifestType);
        await repository.PushManifestAsync(sbom, subject: image.Digest);

        var listed = (await repository.ReferrersAsync(image.Digest, SignatureType)).IsReferrers(filtered: true);

        Assert.Equal(new[] { first.Digest, second.Digest }.Order(), listed.Select(entry => (string)entry["digest"]!).Order());
    }

    [Theory, Engines]
    public async Task An_image_without_signatures_has_an_empty_list(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var (repository, image) = await PushImageAsync(go);

        Assert.Empty((await repository.ReferrersAsync(image.Digest, SignatureType)).IsReferrers(filtered: true));
    }

    private static async Task<(OrasGo Repository, Image Image)> PushImageAsync(GoClient go)
    {
        var repository = new OrasGo(go, GoClient.NewName());
        var image = Image.Random();
        await repository.PushGraphAsync(Content.Manifest(image), Content.Blobs(image), "v1");
        return (repository, image);
    }

    // The config is the empty object under the type of signatures; there is no artifactType.
    private static async Task<(Content Signature, Content Envelope)> SignAsync(OrasGo repository, Image image, string envelopeType, bool configThere = false)
    {
        var config = new Content(Oci.EmptyContent, SignatureType);
        var envelope = Content.Random(envelopeType, 2000);
        var annotations = new Dictionary<string, string> { [Thumbprint] = """["9f5f5aecee24b5cfdc7a91f6d5ac5c3a5348feb17c934d403f59ac251549ea0d"]""" };
        var signature = new Content(
            Oci.ImageManifest(config.Descriptor, [envelope.Descriptor], subject: image.Descriptor, annotations: annotations), Oci.ManifestType);

        await repository.UploadBlobAsync(envelope);
        if (configThere)
        {
            (await repository.ExistsAsync(config)).IsHeadOfBlob(config);
        }
        else
        {
            await repository.PushBlobAsync(config);
        }

        await repository.PushManifestAsync(signature, subject: image.Digest);
        return (signature, envelope);
    }

    private async Task<GoClient> ConnectAsync(Engine engine) => new((await registry.AppAsync(engine)).Address, UserAgent);
}
