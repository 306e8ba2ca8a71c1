using Registry.Tests.Exchanges.Libraries;
using Registry.Tests.Wire;

namespace Registry.Tests.Exchanges;

/// <summary>cosign without bundles: signatures, attestations and SBOMs are images under tags made of the signed digest.</summary>
public sealed class CosignTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    private const string UserAgent = "cosign/v2.5.0 (linux; amd64) go-containerregistry/v0.20.3";
    private const string PayloadType = "application/vnd.dev.cosign.simplesigning.v1+json";

    [Theory]
    [Engines("sig", PayloadType)]
    [Engines("att", "application/vnd.dsse.envelope.v1+json")]
    [Engines("sbom", "text/spdx+json")]
    public async Task What_belongs_to_an_image_is_pushed_under_its_tag_and_fetched(Engine engine, string suffix, string layerType)
    {
        await using var go = await ConnectAsync(engine);
        var (repository, image, tag) = await PushImageAsync(go, suffix);
        var (attached, blobs) = Attached(layerType);

        (await repository.GetManifestAsync("v1")).IsManifest(Content.Manifest(image));
        (await repository.GetManifestAsync(tag)).IsError("404 Not Found", "MANIFEST_UNKNOWN");
        await PushAsync(repository, attached, blobs, tag);

        await repository.PingAsync();
        (await repository.HeadManifestAsync(image.Digest)).IsHeadOf(Content.Manifest(image));
        (await repository.GetManifestAsync(tag)).IsManifest(attached);
        await repository.GetBlobAsync(blobs[0]);
        Assert.Empty((await repository.ReferrersAsync(image.Digest)).IsReferrers());
    }

    [Theory, Engines]
    public async Task A_second_signer_reads_the_tag_and_replaces_it(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var (repository, _, tag) = await PushImageAsync(go, "sig");
        var (first, blobs) = Attached(PayloadType);
        await PushAsync(repository, first, blobs, tag);

        (await repository.GetManifestAsync(tag)).IsManifest(first);
        await repository.GetBlobAsync(blobs[0]);
        var payload = Content.Random(PayloadType, 240);
        var config = Config();
        var both = Content.Manifest(config, blobs[0], payload);
        (await repository.HeadManifestAsync(tag)).IsHeadOf(first);
        await repository.SkipAsync(blobs[0]);
        await repository.UploadAsync(payload);
        await repository.UploadAsync(config);
        await repository.PutManifestAsync(both, tag);

        (await repository.GetManifestAsync(tag)).IsManifest(both);
        (await repository.GetManifestAsync(first.Digest)).IsManifest(first);
    }

    [Theory, Engines]
    public async Task Signatures_may_be_kept_in_another_repository(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var (_, _, tag) = await PushImageAsync(go, "sig");
        var signatures = new GoContainerRegistry(go, GoClient.NewName("signatures"));
        var (signature, blobs) = Attached(PayloadType);

        await signatures.PingAsync();
        (await signatures.GetManifestAsync(tag)).IsError("404 Not Found", "NAME_UNKNOWN");
        await PushAsync(signatures, signature, blobs, tag);

        (await signatures.GetManifestAsync(tag)).IsManifest(signature);
    }

    [Theory, Engines]
    public async Task Clean_deletes_by_tag_and_leaves_the_image(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var (repository, image, tag) = await PushImageAsync(go, "sig");
        var (signature, blobs) = Attached(PayloadType);
        await PushAsync(repository, signature, blobs, tag);

        await repository.PingAsync();
        (await repository.HeadManifestAsync("v1")).IsHeadOf(Content.Manifest(image));
        await repository.DeleteAsync(tag);
        (await go.DeleteAsync($"/v2/{repository.Name}/manifests/{tag[..^3]}att")).IsError("404 Not Found", "MANIFEST_UNKNOWN");

        (await repository.GetManifestAsync(tag)).IsError("404 Not Found", "MANIFEST_UNKNOWN");
        (await go.GetAsync($"/v2/{repository.Name}/tags/list?n=1000")).Is("200 OK");
        await repository.PullImageAsync(image, "v1");
    }

    [Theory, Engines]
    public async Task Copy_takes_the_image_and_what_belongs_to_it(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var (source, image, tag) = await PushImageAsync(go, "sig");
        var target = new GoContainerRegistry(go, GoClient.NewName("release"));
        var (signature, blobs) = Attached(PayloadType);
        await PushAsync(source, signature, blobs, tag);

        (await source.GetManifestAsync(tag)).IsManifest(signature);
        await CopyAsync(source, target, signature, blobs, tag);
        await CopyAsync(source, target, Content.Manifest(image), Content.Blobs(image), "v1");

        (await target.GetManifestAsync(tag)).IsManifest(signature);
        await target.PullImageAsync(image, "v1");
    }

    private static async Task CopyAsync(GoContainerRegistry source, GoContainerRegistry target, Content manifest, IEnumerable<Content> blobs, string tag)
    {
        foreach (var blob in blobs)
        {
            (await target.MountAsync(blob, source.Name)).IsBlobCreated(target.Name, blob.Digest);
        }

        await target.PushManifestAsync(manifest, tag);
    }

    private static async Task<(GoContainerRegistry Repository, Image Image, string Tag)> PushImageAsync(GoClient go, string suffix)
    {
        var repository = new GoContainerRegistry(go, GoClient.NewName());
        var image = Image.Random();
        await repository.PushImageAsync(image, "v1");
        return (repository, image, $"{image.Digest.Replace(':', '-')}.{suffix}");
    }

    private static async Task PushAsync(GoContainerRegistry repository, Content attached, Content[] blobs, string tag)
    {
        (await repository.HeadManifestAsync(tag)).Is("404 Not Found");
        foreach (var blob in blobs)
        {
            await repository.UploadAsync(blob);
        }

        await repository.PutManifestAsync(attached, tag);
    }

    private static (Content Manifest, Content[] Blobs) Attached(string layerType)
    {
        var (layer, config) = (Content.Random(layerType, 240), Config());
        var annotations = new Dictionary<string, string>
        {
            ["dev.cosignproject.cosign/signature"] = "MEUCIQDx9Yo0S1d9X1Q7x3Xf1yM5b6l8hQyq0Q1uQIgQzM2O3o=",
            ["dev.sigstore.cosign/certificate"] = "-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----\n",
        };
        var manifest = Oci.ImageManifest(config.Descriptor, [layer.Descriptor with { Annotations = annotations }]);
        return (new Content(manifest, Oci.ManifestType), [layer, config]);
    }

    private static Content Config() => Content.Json(Oci.ConfigType, new
    {
        architecture = "",
        created = "0001-01-01T00:00:00Z",
        os = "",
        rootfs = new { type = "layers", diff_ids = new[] { Content.Random("").Digest } },
        config = new { },
    });

    private async Task<GoClient> ConnectAsync(Engine engine) => new((await registry.AppAsync(engine)).Address, UserAgent);
}
