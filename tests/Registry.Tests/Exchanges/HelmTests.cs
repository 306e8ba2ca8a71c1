using Registry.Tests.Exchanges.Libraries;
using Registry.Tests.Wire;

namespace Registry.Tests.Exchanges;

/// <summary>helm: charts with their provenance, found by listing all tags.</summary>
public sealed class HelmTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    private const string UserAgent = "Helm/3.18.4";
    private const string ConfigType = "application/vnd.cncf.helm.config.v1+json";

    [Theory]
    [Engines("application/vnd.cncf.helm.chart.content.v1.tar+gzip")]
    [Engines("application/tar+gzip")]
    public async Task A_chart_is_pushed_with_its_provenance_and_pulled(Engine engine, string chartType)
    {
        await using var go = await ConnectAsync(engine);
        var repository = new OrasGo(go, $"{GoClient.NewName("charts")}/demo");
        var (manifest, blobs) = Chart("1.2.3+build.4", chartType);

        // A tag has no "+": helm writes "_".
        await PushAsync(repository, manifest, blobs, "1.2.3_build.4");

        (await repository.FetchReferenceAsync("1.2.3_build.4")).IsManifest(manifest);
        foreach (var blob in blobs)
        {
            await repository.FetchBlobAsync(blob);
        }

        (await repository.ResolveAsync("1.2.3_build.4")).IsHeadOf(manifest);
    }

    [Theory, Engines]
    public async Task A_version_range_is_resolved_from_all_tags(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var repository = new OrasGo(go, $"{GoClient.NewName("charts")}/demo");
        string[] versions = ["0.9.0", "1.0.0", "1.0.0-rc.1", "1.10.0", "1.2.0", "1.2.3_build.4"];
        foreach (var version in versions.Reverse())
        {
            var (manifest, blobs) = Chart(version.Replace('_', '+'));
            await PushAsync(repository, manifest, blobs, version);
        }

        var (tags, pages) = await repository.TagsAsync();

        Assert.Equal((string.Join(' ', versions), 1), (string.Join(' ', tags), pages));
    }

    [Theory, Engines]
    public async Task A_chart_or_version_that_is_not_there_is_404(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var repository = new OrasGo(go, $"{GoClient.NewName("charts")}/demo");

        (await go.GetAsync($"/v2/{repository.Name}/tags/list")).IsError("404 Not Found", "NAME_UNKNOWN");
        (await repository.FetchReferenceAsync("1.0.0")).IsError("404 Not Found", "NAME_UNKNOWN");

        var (manifest, blobs) = Chart("1.0.0");
        await PushAsync(repository, manifest, blobs, "1.0.0");
        (await repository.FetchReferenceAsync("2.0.0")).IsError("404 Not Found", "MANIFEST_UNKNOWN");
    }

    [Theory, Engines]
    public async Task Login_pings_and_succeeds_with_any_name_where_none_is_needed(Engine engine)
    {
        await using var go = await ConnectAsync(engine);

        (await go.GetAsync("/v2/")).IsPing();
        (await go.GetAsync("/v2/", ("Authorization", "Basic Y2k6c2VjcmV0"))).IsPing();
    }

    // The graph is copied by digest, and its root tagged when it is complete.
    private static async Task PushAsync(OrasGo repository, Content manifest, Content[] blobs, string tag)
    {
        await repository.PushGraphAsync(manifest, blobs);
        await repository.TagAsync(manifest, tag);
    }

    private static (Content Manifest, Content[] Blobs) Chart(string version, string chartType = "application/vnd.cncf.helm.chart.content.v1.tar+gzip")
    {
        var config = Content.Json(ConfigType, new { name = "demo", version, apiVersion = "v2", type = "application", description = $"{Guid.NewGuid()}" });
        var chart = Content.Random(chartType);
        var provenance = Content.Random("application/vnd.cncf.helm.chart.provenance.v1.prov", 900);
        var annotations = new Dictionary<string, string>
        {
            ["org.opencontainers.image.created"] = "2026-01-05T10:00:00Z",
            ["org.opencontainers.image.title"] = "demo",
            ["org.opencontainers.image.version"] = version,
        };
        var manifest = Oci.ImageManifest(config.Descriptor, [chart.Descriptor, provenance.Descriptor], annotations: annotations);
        return (new Content(manifest, Oci.ManifestType), [config, chart, provenance]);
    }

    private async Task<GoClient> ConnectAsync(Engine engine) => new((await registry.AppAsync(engine)).Address, UserAgent);
}
