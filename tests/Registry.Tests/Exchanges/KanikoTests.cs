using Registry.Tests.Exchanges.Libraries;
using Registry.Tests.Wire;

namespace Registry.Tests.Exchanges;

/// <summary>kaniko: a trial push before the build, and a cache of one image for each layer in a repository of its own.</summary>
public sealed class KanikoTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    private const string UserAgent = "kaniko/v1.24.0";

    [Theory, Engines]
    public async Task The_trial_push_opens_a_session_and_gives_it_up(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var destination = new GoContainerRegistry(go, GoClient.NewName());

        await destination.PingAsync();
        var location = await destination.StartAsync();
        await destination.CancelAsync(location);

        // Nothing of it stays: no repository, no session.
        (await go.GetAsync($"/v2/{destination.Name}/tags/list")).IsError("404 Not Found", "NAME_UNKNOWN");
        (await go.DeleteAsync(location)).IsError("404 Not Found", "BLOB_UPLOAD_UNKNOWN");
    }

    [Theory, Engines]
    public async Task A_layer_is_missed_in_the_cache_pushed_there_and_found_by_the_next_build(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var cache = new GoContainerRegistry(go, $"{GoClient.NewName()}/cache");
        var key = Content.Random("").Digest["sha256:".Length..];
        var layer = Image.Random(layers: 1);

        await cache.PingAsync();
        (await cache.GetManifestAsync(key)).IsError("404 Not Found", "NAME_UNKNOWN");
        await cache.PushImageAsync(layer, key);

        await cache.PingAsync();
        await cache.PullImageAsync(layer, key);
        (await cache.GetManifestAsync(key[1..] + "0")).IsError("404 Not Found", "MANIFEST_UNKNOWN");
    }

    [Theory, Engines]
    public async Task A_build_pulls_its_base_and_pushes_to_two_destinations(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var library = new GoContainerRegistry(go, GoClient.NewName("library"));
        var destination = new GoContainerRegistry(go, GoClient.NewName());
        var (baseImage, built) = (Image.Random(), Image.Random());
        await library.PushImageAsync(baseImage, "base");

        await library.PullImageAsync(baseImage, "base");
        await destination.PushImageAsync(built, "1");
        (await destination.HeadManifestAsync("latest")).Is("404 Not Found");
        foreach (var blob in Content.Blobs(built))
        {
            await destination.SkipAsync(blob);
        }

        await destination.PutManifestAsync(Content.Manifest(built), "latest");

        (await destination.HeadManifestAsync("1")).IsHeadOf(Content.Manifest(built));
        (await destination.HeadManifestAsync("latest")).IsHeadOf(Content.Manifest(built));
    }

    private async Task<GoClient> ConnectAsync(Engine engine) => new((await registry.AppAsync(engine)).Address, UserAgent);
}
