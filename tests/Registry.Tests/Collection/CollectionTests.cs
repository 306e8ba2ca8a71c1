using System.Net;

namespace Registry.Tests.Collection;

/// <summary>What collection takes away, and what it must not.</summary>
[OnS3]
public sealed class CollectionTests
{
    [Theory, Engines]
    public async Task A_deleted_image_leaves_no_row_and_no_file(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine, Inventory.OnDemand);
        var inventory = new Inventory(app);
        var image = await PushAsync(app.Repository("team/app"), "v1");
        await inventory.SettleAsync(image.Blobs.Count);

        Assert.Equal(HttpStatusCode.Accepted, (await app.Repository("team/app").DeleteManifestAsync(image.Digest)).StatusCode);

        await inventory.SettleAsync(0);
        Assert.Equal(0, await inventory.CountAsync("manifest"));
        Assert.Equal(0, await inventory.CountAsync("manifest_edge"));
        Assert.Equal(0, await inventory.CountAsync("repository_blob"));
        await OciAssert.StatusAsync(await app.Repository("team/app").TagsAsync(), HttpStatusCode.OK);
    }

    [Theory, Engines]
    public async Task A_blob_that_another_repository_shares_stays(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine, Inventory.OnDemand);
        var inventory = new Inventory(app);
        var image = Image.Random();
        await PushAsync(app.Repository("one"), image);
        await PushAsync(app.Repository("two"), image);

        await app.Repository("one").DeleteManifestAsync(image.Digest);

        await inventory.CollectAsync();
        Assert.Equal(1, await inventory.CountAsync("manifest"));
        await inventory.SettleAsync(image.Blobs.Count);
        foreach (var (digest, content) in image.Blobs)
        {
            Assert.Equal(content, await (await app.Repository("two").GetBlobAsync(digest)).Content.ReadAsByteArrayAsync());
            Assert.Equal(HttpStatusCode.NotFound, (await app.Repository("one").GetBlobAsync(digest)).StatusCode);
        }
    }

    [Theory, Engines]
    public async Task A_deleted_child_is_kept_for_its_index_and_goes_with_it(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine, Inventory.OnDemand);
        var inventory = new Inventory(app);
        var repository = app.Repository("team/app");
        var image = await PushAsync(repository, null);
        var other = await PushAsync(repository, "other");
        var index = await repository.PushIndexAsync("all", image.Descriptor);

        await repository.DeleteManifestAsync(image.Digest);
        await repository.DeleteManifestAsync(other.Digest);
        await inventory.SettleAsync(image.Blobs.Count);
        Assert.Equal(HttpStatusCode.NotFound, (await repository.GetManifestAsync(image.Digest)).StatusCode);

        // Its bytes are all there, so that pushing the manifest brings it back.
        Assert.Equal(HttpStatusCode.Created, (await repository.PutManifestAsync(image.Digest, image.Manifest, image.MediaType)).StatusCode);
        await repository.DeleteManifestAsync(image.Digest);

        await repository.DeleteManifestAsync(index);
        await inventory.SettleAsync(0);
        Assert.Equal(0, await inventory.CountAsync("manifest"));
    }

    [Theory, Engines]
    public async Task An_untagged_manifest_stays_for_those_who_pin_its_digest(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine, Inventory.OnDemand);
        var inventory = new Inventory(app);
        var repository = app.Repository("team/app");
        var first = await PushAsync(repository, "latest");
        var second = await PushAsync(repository, "latest");
        var third = await PushAsync(repository, "old");

        await repository.DeleteManifestAsync("latest");
        await repository.DeleteManifestAsync(third.Digest);

        await inventory.SettleAsync(first.Blobs.Count + second.Blobs.Count);
        Assert.Equal(HttpStatusCode.OK, (await repository.GetManifestAsync(first.Digest)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await repository.GetManifestAsync(second.Digest)).StatusCode);
    }

    [Theory, Engines]
    public async Task Untagged_manifests_go_where_configured_but_not_those_of_an_index_or_about_a_tagged_one(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(
            engine, [.. Inventory.OnDemand, ("Collection:Untagged", "true"), ("Collection:Lease", "0:00:01"), ("Collection:Grace", "0:00:01")]);
        var inventory = new Inventory(app);
        var repository = app.Repository("team/app");
        var child = await PushAsync(repository, null);
        await repository.PushIndexAsync("all", child.Descriptor);
        var tagged = await PushAsync(repository, "latest");
        var signature = await repository.PushImageAsync(subject: tagged.Descriptor);
        var replaced = await PushAsync(repository, "moving");
        var current = await PushAsync(repository, "moving");

        await inventory.SettleAsync(new[] { child, tagged, signature, current }.SelectMany(image => image.Blobs.Keys).Distinct().Count());
        Assert.Equal(HttpStatusCode.NotFound, (await repository.GetManifestAsync(replaced.Digest)).StatusCode);
        foreach (var kept in new[] { child, tagged, signature, current })
        {
            Assert.Equal(HttpStatusCode.OK, (await repository.GetManifestAsync(kept.Digest)).StatusCode);
        }

        await repository.DeleteManifestAsync(tagged.Digest);
        await inventory.SettleAsync(new[] { child, current }.SelectMany(image => image.Blobs.Keys).Distinct().Count());
        Assert.Equal(HttpStatusCode.NotFound, (await repository.GetManifestAsync(signature.Digest)).StatusCode);
    }

    [Theory, Engines]
    public async Task A_cancelled_upload_takes_its_file_and_an_empty_repository_with_it(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine, Inventory.OnDemand);
        var inventory = new Inventory(app);
        var repository = app.Repository("never/pushed");
        var location = await repository.StartUploadAsync();
        await repository.PatchAsync(location, Oci.RandomBytes(20 << 20)); // more than S3 takes as one part
        Assert.Equal(1, await inventory.FilesAsync());

        Assert.Equal(HttpStatusCode.NoContent, (await app.Client.DeleteAsync(location)).StatusCode);

        await inventory.SettleAsync(0);
        Assert.Equal(0, await inventory.CountAsync("repository"));
        Assert.Equal(HttpStatusCode.NotFound, (await repository.TagsAsync()).StatusCode);
    }

    [Theory, Engines]
    public async Task An_upload_that_nobody_goes_on_with_expires(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine, [.. Inventory.OnDemand, ("Uploads:Expiry", "0:00:01")]);
        var repository = app.Repository("never/pushed");
        var location = await repository.StartUploadAsync();
        await repository.PatchAsync(location, Oci.RandomBytes(100_000));

        await Eventually.TrueAsync(async () => (await app.Client.GetAsync(location)).StatusCode == HttpStatusCode.NotFound, "the upload expires");
        await new Inventory(app).SettleAsync(0);
        Assert.Equal(0, await new Inventory(app).CountAsync("upload"));
    }

    [Theory, Engines]
    public async Task A_blob_that_no_manifest_comes_to_name_goes_when_its_lease_is_over(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine, [.. Inventory.OnDemand, ("Collection:Lease", "0:00:01"), ("Collection:Grace", "0:00:01")]);
        var digest = await app.Repository("never/pushed").PushBlobAsync(Oci.RandomBytes(1000));
        Assert.Equal(HttpStatusCode.OK, (await app.Repository("never/pushed").HeadBlobAsync(digest)).StatusCode);

        await new Inventory(app).SettleAsync(0);

        Assert.Equal(HttpStatusCode.NotFound, (await app.Repository("never/pushed").HeadBlobAsync(digest)).StatusCode);
    }

    private static async Task<Image> PushAsync(RepositoryClient repository, string? tag) => await PushAsync(repository, Image.Random(), tag);

    private static async Task<Image> PushAsync(RepositoryClient repository, Image image, string? tag = null)
    {
        foreach (var content in image.Blobs.Values)
        {
            await repository.PushBlobAsync(content);
        }

        await OciAssert.StatusAsync(await repository.PutManifestAsync(tag ?? image.Digest, image.Manifest, image.MediaType), HttpStatusCode.Created);
        return image;
    }
}
