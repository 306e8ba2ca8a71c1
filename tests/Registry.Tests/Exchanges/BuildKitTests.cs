using System.Text.Json.Nodes;
using Registry.Tests.Exchanges.Libraries;
using Registry.Tests.Wire;

namespace Registry.Tests.Exchanges;

/// <summary>BuildKit and buildx: images with attestations, both forms of a cache in the registry, copies by imagetools.</summary>
public sealed class BuildKitTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    private const string UserAgent = "buildkit/v0.23";
    private const string CacheConfigType = "application/vnd.buildkit.cacheconfig.v0";

    [Theory, Engines]
    public async Task An_image_is_pushed_with_attestations_that_are_found_by_index_and_by_referrers(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var repository = new ContainerdResolver(go, GoClient.NewName());
        var built = AttestedImage.Random();

        await built.PushAsync(repository, "1");

        (await repository.ResolveAsync("1")).IsHeadOf(built.Index);
        await repository.FetchManifestAsync(built.Index);
        await repository.FetchManifestAsync(built.Attestation);
        await repository.FetchBlobAsync(built.Provenance);
        var referrer = Assert.Single((await repository.ReferrersAsync(built.Image.Digest)).IsReferrers());
        Assert.True(JsonNode.DeepEquals(
            new JsonObject
            {
                ["mediaType"] = Oci.ManifestType,
                ["digest"] = built.Attestation.Digest,
                ["size"] = built.Attestation.Bytes.Length,
                ["artifactType"] = AttestedImage.AttestationType,
            },
            referrer), referrer.ToJsonString());
    }

    [Theory, Engines]
    public async Task Attestations_without_a_subject_are_found_by_the_index_alone(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var repository = new ContainerdResolver(go, GoClient.NewName());
        var built = AttestedImage.Random(asArtifact: false);

        await built.PushAsync(repository, "1");

        (await repository.ResolveAsync("1")).IsHeadOf(built.Index);
        await repository.FetchManifestAsync(built.Index);
        await repository.FetchManifestAsync(built.Attestation);
        await repository.FetchBlobAsync(built.Config);
        await repository.FetchBlobAsync(built.Provenance);
        Assert.Empty((await repository.ReferrersAsync(built.Image.Digest)).IsReferrers());
    }

    [Theory]
    [Engines(Oci.IndexType, "application/vnd.oci.image.layer.v1.tar+gzip")]
    [Engines(Oci.DockerListType, Oci.DockerLayerType)]
    public async Task A_cache_is_an_index_of_layers_and_of_its_config(Engine engine, string indexType, string layerType)
    {
        await using var go = await ConnectAsync(engine);
        var repository = new ContainerdResolver(go, GoClient.NewName());
        var (layers, config) = Cache(layerType);
        var entries = layers.Select(layer => layer.Descriptor with { Annotations = CacheAnnotations }).Append(config.Descriptor);
        var cache = new Content(Oci.Index(entries, mediaType: indexType), indexType);

        await PushCacheAsync(repository, cache, [.. layers, config]);

        await ImportCacheAsync(repository, cache, [config, .. layers]);
    }

    [Theory, Engines]
    public async Task A_cache_with_image_manifest_is_an_image_whose_config_is_the_caches(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var repository = new ContainerdResolver(go, GoClient.NewName());
        var (layers, config) = Cache("application/vnd.oci.image.layer.v1.tar+zstd");
        var cache = Content.Manifest(config, layers);

        await PushCacheAsync(repository, cache, [.. layers, config]);

        await ImportCacheAsync(repository, cache, [config, .. layers]);
    }

    [Theory, Engines]
    public async Task A_cache_is_exported_over_the_one_before(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var repository = new ContainerdResolver(go, GoClient.NewName());
        var (layers, config) = Cache(Oci.LayerType);
        await PushCacheAsync(repository, Content.Manifest(config, layers), [.. layers, config]);
        var grown = Content.Random(Oci.LayerType);
        var next = Content.Manifest(config, [.. layers, grown]);

        foreach (var blob in layers.Append(config))
        {
            (await repository.ExistsAsync(blob)).IsHeadOfBlob(blob);
        }

        await PushCacheAsync(repository, next, [grown]);

        await ImportCacheAsync(repository, next, [config, .. layers, grown]);
    }

    [Theory, Engines]
    public async Task A_cache_that_names_a_layer_nobody_pushed_is_refused_with_its_digest(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var repository = new ContainerdResolver(go, GoClient.NewName());
        var (layers, config) = Cache(Oci.LayerType);
        var cache = new Content(Oci.Index([layers[0].Descriptor, layers[1].Descriptor, config.Descriptor]), Oci.IndexType);
        await repository.PushBlobAsync(layers[0]);
        await repository.PushBlobAsync(config);

        var error = (await repository.PutManifestAsync(cache, "buildcache")).IsError("400 Bad Request", "MANIFEST_BLOB_UNKNOWN");

        Assert.Equal(layers[1].Digest, (string?)error["detail"]);
    }

    [Theory, Engines]
    public async Task A_cache_that_is_not_there_yet_is_404(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var repository = new ContainerdResolver(go, GoClient.NewName());

        (await repository.ResolveAsync("buildcache")).Is("404 Not Found");
    }

    [Theory, Engines]
    public async Task Imagetools_copies_an_index_by_mounts_and_manifests(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var source = new ContainerdResolver(go, GoClient.NewName());
        var target = new ContainerdResolver(go, GoClient.NewName("release"));
        var built = AttestedImage.Random();
        await built.PushAsync(source, "1");

        (await source.ResolveAsync("1")).IsHeadOf(built.Index);
        await source.FetchManifestAsync(built.Index);
        foreach (var blob in Content.Blobs(built.Image).Append(built.Provenance).Append(built.Config))
        {
            (await target.MountAsync(blob, source.Name)).IsBlobCreated(target.Name, blob.Digest);
        }

        await target.PushManifestAsync(Content.Manifest(built.Image));
        await target.PushManifestAsync(built.Attestation, subject: built.Image.Digest);
        await target.PushManifestAsync(built.Index, "2");

        (await target.ResolveAsync("2")).IsHeadOf(built.Index);
        Assert.Single((await target.ReferrersAsync(built.Image.Digest)).IsReferrers());
    }

    private static Dictionary<string, string> CacheAnnotations => new()
    {
        ["buildkit/createdat"] = "2026-01-05T10:00:00.000000000Z",
        ["containerd.io/uncompressed"] = Content.Random("").Digest,
    };

    private static (Content[] Layers, Content Config) Cache(string layerType)
    {
        Content[] layers = [Content.Random(layerType), Content.Random(layerType)];
        var config = Content.Json(CacheConfigType, new
        {
            layers = layers.Select((layer, i) => new { blob = layer.Digest, parent = i - 1 }),
            records = new[] { new { digest = Content.Random("").Digest, layers = new[] { new { layer = 1, createdAt = "2026-01-05T10:00:00Z" } } } },
        });
        return (layers, config);
    }

    private static async Task PushCacheAsync(ContainerdResolver repository, Content cache, Content[] blobs)
    {
        foreach (var blob in blobs)
        {
            await repository.PushBlobAsync(blob);
        }

        await repository.PushManifestAsync(cache, "buildcache");
    }

    private static async Task ImportCacheAsync(ContainerdResolver repository, Content cache, Content[] blobs)
    {
        (await repository.ResolveAsync("buildcache")).IsHeadOf(cache);
        await repository.FetchManifestAsync(cache);
        foreach (var blob in blobs)
        {
            await repository.FetchBlobAsync(blob);
        }
    }

    private async Task<GoClient> ConnectAsync(Engine engine) => new((await registry.AppAsync(engine)).Address, UserAgent);
}
