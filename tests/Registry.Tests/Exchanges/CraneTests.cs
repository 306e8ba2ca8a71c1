using System.Globalization;
using Registry.Tests.Exchanges.Libraries;
using Registry.Tests.Wire;

namespace Registry.Tests.Exchanges;

/// <summary>crane: every command pings first and, after 200, never looks at a challenge again.</summary>
[OnS3]
public sealed class CraneTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    private const string UserAgent = "crane/0.20.7 go-containerregistry/0.20.7";

    [Theory, Engines]
    public async Task Push_digest_manifest_and_pull(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var repository = new GoContainerRegistry(go, GoClient.NewName());
        var image = Image.Random();

        await repository.PushImageAsync(image, "1");

        await repository.PingAsync();
        (await repository.HeadManifestAsync("1")).IsHeadOf(Content.Manifest(image));
        await repository.PullImageAsync(image, "1");
        await repository.PullImageAsync(image, image.Digest);
    }

    [Theory, Engines]
    public async Task A_layer_of_unknown_size_is_streamed_in_chunks(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var repository = new GoContainerRegistry(go, GoClient.NewName());
        var layer = Content.Random(Oci.LayerType, 100_000);

        await repository.StreamAsync(await repository.StartAsync(), layer, chunked: true);

        await repository.GetBlobAsync(layer);
    }

    [Theory, Engines]
    public async Task An_empty_layer_is_streamed_and_pulled(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var repository = new GoContainerRegistry(go, GoClient.NewName());
        var empty = new Content([], Oci.LayerType);

        await repository.StreamAsync(await repository.StartAsync(), empty, chunked: true);

        await repository.GetBlobAsync(empty);
    }

    [Theory, Engines]
    public async Task Copy_mounts_blobs_and_puts_children_before_the_index(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var source = new GoContainerRegistry(go, GoClient.NewName("dev"));
        var target = new GoContainerRegistry(go, GoClient.NewName("release"));
        Image[] images = [Image.Random(), Image.Random(architecture: "arm64")];
        var index = new Content(Oci.Index(images.Select(image => image.Descriptor with { Platform = new Platform("amd64") })), Oci.IndexType);
        await source.PushImageAsync(images[0], "a");
        await source.PushImageAsync(images[1], "b");
        await source.PushManifestAsync(index, "multi");

        await target.PingAsync();
        (await source.GetManifestAsync("multi")).IsManifest(index);
        (await target.HeadManifestAsync("multi")).Is("404 Not Found");
        foreach (var image in images)
        {
            (await target.HeadManifestAsync(image.Digest)).Is("404 Not Found");
            (await source.GetManifestAsync(image.Digest)).IsManifest(Content.Manifest(image));
            foreach (var blob in Content.Blobs(image))
            {
                (await target.MountAsync(blob, source.Name)).IsBlobCreated(target.Name, blob.Digest);
            }

            await target.PutManifestAsync(Content.Manifest(image));
        }

        await target.PutManifestAsync(index, "multi");
        (await target.HeadManifestAsync("multi")).IsHeadOf(index);
        await target.PullImageAsync(images[1], images[1].Digest);
    }

    [Theory, Engines]
    public async Task A_mount_of_what_the_source_does_not_have_goes_on_as_an_upload(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var repository = new GoContainerRegistry(go, GoClient.NewName());
        var layer = Content.Random(Oci.LayerType);

        var location = (await repository.MountAsync(layer, "dev/gone")).IsUploadAccepted(repository.Name);

        await repository.StreamAsync(location, layer);
        await repository.SkipAsync(layer);
    }

    [Theory, Engines]
    public async Task Tag_and_delete(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var repository = new GoContainerRegistry(go, GoClient.NewName());
        var image = Image.Random();
        await repository.PushImageAsync(image, "1");

        (await repository.GetManifestAsync("1")).IsManifest(Content.Manifest(image));
        await repository.PutManifestAsync(Content.Manifest(image), "latest");

        // By tag only the tag goes, by digest everything that points there.
        await repository.DeleteAsync("1");
        (await repository.HeadManifestAsync("1")).Is("404 Not Found");
        (await repository.HeadManifestAsync("latest")).IsHeadOf(Content.Manifest(image));
        await repository.DeleteAsync(image.Digest);
        (await repository.HeadManifestAsync("latest")).Is("404 Not Found");
        (await go.DeleteAsync($"/v2/{repository.Name}/manifests/{image.Digest}")).IsError("404 Not Found", "MANIFEST_UNKNOWN");
    }

    [Theory, Engines]
    public async Task Ls_asks_for_a_thousand_and_follows_links(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var repository = new GoContainerRegistry(go, GoClient.NewName());
        var image = Image.Random();
        await repository.PushImageAsync(image, "t0000");
        var tags = Enumerable.Range(0, 1003).Select(i => string.Create(CultureInfo.InvariantCulture, $"t{i:d4}")).ToList();
        foreach (var batch in tags.Chunk(90))
        {
            var query = string.Join('&', batch.Select(tag => $"tag={tag}"));
            (await go.SendAsync("PUT", $"/v2/{repository.Name}/manifests/{image.Digest}?{query}", image.Manifest, ("Content-Type", image.MediaType))).Is("201 Created");
        }

        await repository.PingAsync();
        var first = (await go.GetAsync($"/v2/{repository.Name}/tags/list?n=1000")).Is("200 OK").Has("Content-Type", "application/json");
        Assert.Equal(tags[..1000], first.Strings("tags"));
        var second = (await go.GetAsync(first.NextPage()!)).Is("200 OK");
        Assert.Equal(tags[1000..], second.Strings("tags"));
        Assert.Null(second.NextPage());
    }

    [Theory, Engines]
    public async Task Ls_of_a_missing_repository_is_NAME_UNKNOWN(Engine engine)
    {
        await using var go = await ConnectAsync(engine);

        (await go.GetAsync($"/v2/{GoClient.NewName()}/tags/list?n=1000")).IsError("404 Not Found", "NAME_UNKNOWN");
    }

    [Theory, Engines]
    public async Task Catalog_lists_repositories_in_pages(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var names = Enumerable.Range(0, 3).Select(_ => GoClient.NewName()).Order(StringComparer.Ordinal).ToList();
        foreach (var name in names)
        {
            await new GoContainerRegistry(go, name).PushImageAsync(Image.Random(), "1");
        }

        (await go.GetAsync("/v2/")).IsPing();
        var all = (await go.GetAsync("/v2/_catalog?last=&n=1000")).Is("200 OK").Has("Content-Type", "application/json").Strings("repositories");
        Assert.Equal(names, all.Intersect(names));
        var page = (await go.GetAsync($"/v2/_catalog?last={GoClient.Escape(names[0])}&n=1")).Is("200 OK");
        Assert.Equal(all[all.IndexOf(names[0]) + 1], Assert.Single(page.Strings("repositories")));
        Assert.NotNull(page.NextPage());
    }

    [Theory, Engines]
    public async Task Credentials_from_the_keychain_do_no_harm_where_none_are_needed(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var name = GoClient.NewName();
        var basic = ("Authorization", "Basic Y2k6c2VjcmV0");

        // The ping goes without them; having seen 200, crane sends them as they are.
        (await go.GetAsync("/v2/")).IsPing();
        (await go.PostAsync($"/v2/{name}/blobs/uploads/", basic, ("Content-Type", "application/json"))).IsUploadAccepted(name);
        (await go.GetAsync("/v2/_catalog?n=1000", basic)).Is("200 OK");
    }

    private async Task<GoClient> ConnectAsync(Engine engine) => new((await registry.AppAsync(engine)).DirectAddress, UserAgent);
}
