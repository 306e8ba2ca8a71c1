using System.Text.Json.Nodes;
using Registry.Tests.Exchanges.Libraries;
using Registry.Tests.Wire;

namespace Registry.Tests.Exchanges;

/// <summary>cosign with bundles, its default from 3 on: one artifact with the signed digest as subject, and no tag.</summary>
public sealed class CosignBundleTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    private const string UserAgent = "cosign/v3.1.1 (linux; amd64) go-containerregistry/v0.20.7";
    private const string BundleType = "application/vnd.dev.sigstore.bundle.v0.3+json";

    [Theory, Engines]
    public async Task A_bundle_is_pushed_by_digest_and_found_among_the_referrers(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var repository = new GoContainerRegistry(go, GoClient.NewName());
        var image = Image.Random();
        await repository.PushImageAsync(image, "v1");
        var (bundle, layer) = Bundle(image);

        await SignAsync(repository, image, bundle, [AttestedImage.EmptyConfig, layer]);

        await repository.PingAsync();
        (await repository.GetManifestAsync("v1")).IsManifest(Content.Manifest(image));
        var listed = Assert.Single((await repository.ReferrersAsync(image.Digest)).IsReferrers());
        Assert.True(JsonNode.DeepEquals(
            new JsonObject
            {
                ["mediaType"] = Oci.ManifestType,
                ["digest"] = bundle.Digest,
                ["size"] = bundle.Bytes.Length,
                ["artifactType"] = BundleType,
                ["annotations"] = new JsonObject(Annotations.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value))),
            },
            listed), listed.ToJsonString());
        (await repository.GetManifestAsync(bundle.Digest)).IsManifest(bundle);
        await repository.GetBlobAsync(layer);
    }

    [Theory, Engines]
    public async Task No_tag_is_made_for_referrers(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var repository = new GoContainerRegistry(go, GoClient.NewName());
        var image = Image.Random();
        await repository.PushImageAsync(image, "v1");
        var (bundle, layer) = Bundle(image);
        await SignAsync(repository, image, bundle, [AttestedImage.EmptyConfig, layer]);

        Assert.Equal(["v1"], (await go.GetAsync($"/v2/{repository.Name}/tags/list?n=1000")).Is("200 OK").Strings("tags"));
        (await repository.GetManifestAsync(image.Digest.Replace(':', '-'), Oci.IndexType)).IsError("404 Not Found", "MANIFEST_UNKNOWN");
    }

    [Theory, Engines]
    public async Task Several_signers_do_not_see_each_other(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var repository = new GoContainerRegistry(go, GoClient.NewName());
        var image = Image.Random();
        await repository.PushImageAsync(image, "v1");
        await repository.UploadAsync(AttestedImage.EmptyConfig);
        var signed = Enumerable.Range(0, 3).Select(_ => Bundle(image)).ToList();
        foreach (var (bundle, layer) in signed)
        {
            await repository.SkipAsync(AttestedImage.EmptyConfig);
            await SignAsync(repository, image, bundle, [layer]);
        }

        var listed = (await repository.ReferrersAsync(image.Digest)).IsReferrers();

        Assert.Equal(signed.Select(pair => pair.Bundle.Digest).Order(), listed.Select(entry => (string)entry["digest"]!).Order());
    }

    [Theory, Engines]
    public async Task Verify_of_an_unsigned_image_finds_an_empty_list_and_no_old_tag(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var repository = new GoContainerRegistry(go, GoClient.NewName());
        var image = Image.Random();
        await repository.PushImageAsync(image, "v1");

        Assert.Empty((await repository.ReferrersAsync(image.Digest)).IsReferrers());
        (await repository.GetManifestAsync($"{image.Digest.Replace(':', '-')}.sig")).IsError("404 Not Found", "MANIFEST_UNKNOWN");
    }

    private static Dictionary<string, string> Annotations => new()
    {
        ["dev.sigstore.bundle.content"] = "dsse-envelope",
        ["dev.sigstore.bundle.predicateType"] = "https://sigstore.dev/cosign/sign/v1",
        ["org.opencontainers.image.created"] = "2026-01-05T10:00:00Z",
    };

    private static async Task SignAsync(GoContainerRegistry repository, Image image, Content bundle, Content[] blobs)
    {
        await repository.PingAsync();
        (await repository.HeadManifestAsync(image.Digest)).IsHeadOf(Content.Manifest(image));
        foreach (var blob in blobs)
        {
            await repository.UploadAsync(blob);
        }

        await repository.PutManifestAsync(bundle, subject: image.Digest);
    }

    // The type stands in the manifest and, as cosign has it, in the descriptor of the config.
    private static (Content Bundle, Content Layer) Bundle(Image image)
    {
        var layer = Content.Json(BundleType, new { mediaType = BundleType, dsseEnvelope = new { payload = $"{Guid.NewGuid()}" } });
        var manifest = Oci.ImageManifest(Oci.Empty with { ArtifactType = BundleType }, [layer.Descriptor], BundleType, image.Descriptor, Annotations);
        return (new Content(manifest, Oci.ManifestType), layer);
    }

    private async Task<GoClient> ConnectAsync(Engine engine) => new((await registry.AppAsync(engine)).Address, UserAgent);
}
