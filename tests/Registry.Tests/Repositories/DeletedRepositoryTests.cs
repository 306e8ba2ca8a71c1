using System.IO.Pipelines;
using Registry.Tests.Collection;
using Registry.Tests.Model.Interleavings;
using Registry.Tests.Wire;

namespace Registry.Tests.Repositories;

/// <summary>A deleted repository is gone at once; what was in it goes in the background, what others show stays.</summary>
public sealed class DeletedRepositoryTests
{
    [Theory, Engines]
    public async Task Nothing_of_it_can_be_read_any_more_and_its_uploads_cannot_go_on(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine, Inventory.OnDemand);
        var (repository, image) = (new RepositoryWire(app.Client, "library/app"), new Lone());
        await image.PushAsync(repository, "v1");
        var (open, closed) = (await repository.StartAsync(), await repository.StartAsync());
        var begun = (await repository.ChunkAsync(await repository.StartAsync(), image.Content.AsMemory(0, 100), 0)).Is(202).Location;
        (await repository.CloseAsync(closed, image.Blob, image.Content)).Is(201);

        (await app.DeleteRepositoryAsync(repository)).Is(204);

        (await repository.GetAsync("manifests/v1")).IsError(404, "NAME_UNKNOWN");
        (await repository.GetAsync($"manifests/{image.Digest}")).IsError(404, "NAME_UNKNOWN");
        (await repository.HeadAsync($"blobs/{image.Blob}")).Is(404);
        (await repository.GetAsync($"blobs/{image.Blob}")).Is(404);
        (await repository.GetAsync("tags/list")).IsError(404, "NAME_UNKNOWN");
        Assert.Empty((await repository.GetAsync($"referrers/{image.Digest}")).Is(200).Json()["manifests"]!.AsArray());
        Assert.Empty((await app.Client.SendAsync("GET", "/v2/_catalog")).Is(200).Strings("repositories"));
        foreach (var location in new[] { open, begun })
        {
            (await repository.StatusAsync(location)).IsError(404, "BLOB_UPLOAD_UNKNOWN");
            (await repository.StreamAsync(location, image.Content)).IsError(404, "BLOB_UPLOAD_UNKNOWN");
            (await repository.CloseAsync(location, image.Blob, image.Content)).IsError(404, "BLOB_UPLOAD_UNKNOWN");
        }

        (await repository.CloseAsync(closed, image.Blob)).IsError(404, "BLOB_UPLOAD_UNKNOWN");
        (await repository.PostAsync($"?mount={image.Blob}&from={repository.Name}")).Is(202);
    }

    [Theory, Engines]
    public async Task It_can_be_deleted_once(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine, Inventory.OnDemand);
        var (repository, other) = (new RepositoryWire(app.Client, "library/app"), new RepositoryWire(app.Client, "library/other"));
        await repository.PushImageAsync("v1");
        await other.PushImageAsync("v1");

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => app.DeleteRepositoryAsync(repository)));

        Assert.Equal([204, .. Enumerable.Repeat(404, 7)], answers.Select(answer => answer.Status).Order());
        Assert.Equal([other.Name], (await app.Client.SendAsync("GET", "/v2/_catalog")).Is(200).Strings("repositories"));
    }

    [Theory, Engines]
    public async Task Its_tombstone_and_the_events_of_its_tags_are_all_that_is_left(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine, Inventory.OnDemand);
        var (repository, inventory) = (new RepositoryWire(app.Client, "library/app"), new Inventory(app));
        var image = await repository.PushImageAsync("v1");
        (await repository.PutManifestAsync("v2", image.Content, image.MediaType)).Is(201);
        await repository.PushAsync(Documents.Index(image.Descriptor()), "all");
        await repository.PushAsync((await repository.ImageOfFreshBlobsAsync()).With("subject", image.Descriptor()));
        await repository.PushBlobAsync(Oci.RandomBytes(10));
        (await repository.ChunkAsync(await repository.StartAsync(), Oci.RandomBytes(100), 0)).Is(202);

        (await app.DeleteRepositoryAsync(repository)).Is(204);
        await inventory.CollectAsync();

        foreach (var table in new[] { "repository_name", "upload", "tag", "manifest", "manifest_edge", "repository_blob", "blob", "role_grant" })
        {
            Assert.True(await inventory.CountAsync(table) == 0, $"{table} is not empty");
        }

        Assert.Equal(0, await inventory.FilesAsync());
        Assert.Equal(0, await inventory.CountAsync("object", Inventory.InUse));
        Assert.Equal(1, await inventory.CountAsync("repository", "deleted_at is not null and deleted_by = 'local' and emptying is null"));
        Assert.Equal(3, await inventory.CountAsync("tag_event", "new_digest is null and actor = 'local'"));
        Assert.Equal(
            2, await inventory.CountAsync("tag_event e", "new_digest is null and tag in ('v1', 'v2') and exists (select 1 from tag_event m where m.tag = e.tag and m.new_digest = e.old_digest)"));
    }

    [Theory, Engines]
    public async Task One_that_is_made_again_under_the_name_has_nothing_of_it_and_outlives_it(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine, Inventory.OnDemand);
        var (repository, image, inventory) = (new RepositoryWire(app.Client, "library/app"), new Lone(), new Inventory(app));
        await image.PushAsync(repository, "old");

        (await app.DeleteRepositoryAsync(repository)).Is(204);
        (await repository.PutManifestAsync("new", image.Manifest, Oci.ManifestType)).IsError(400, "MANIFEST_BLOB_UNKNOWN");
        await image.PushAsync(repository, "new");
        await inventory.CollectAsync();

        await image.IsThereAsync(repository);
        Assert.Equal(["new"], (await repository.GetAsync("tags/list")).Is(200).Strings("tags"));
        Assert.Equal([repository.Name], (await app.Client.SendAsync("GET", "/v2/_catalog")).Is(200).Strings("repositories"));
        Assert.Equal((1, 1), (await inventory.CountAsync("manifest"), await inventory.FilesAsync()));
    }

    [Theory, Engines]
    public async Task S43_A_blob_is_pulled_from_another_repository_all_the_time_and_never_again_from_the_deleted_one(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine, Inventory.OnDemand);
        var (repository, other, image) = (new RepositoryWire(app.Client, "library/app"), new RepositoryWire(app.Client, "library/other"), new Lone());
        await image.PushAsync(repository, "v1");
        await image.PushAsync(other, "v1");
        var stop = false;
        var kept = Task.WhenAll(Enumerable.Range(0, 4).Select(_ => UntilAsync(() => Volatile.Read(ref stop), () => image.IsThereAsync(other))));

        (await app.DeleteRepositoryAsync(repository)).Is(204);

        var inventory = new Inventory(app);
        var collection = inventory.CollectAsync();
        for (var i = 0; i < 50 || !collection.IsCompleted; i++)
        {
            (await repository.GetAsync($"blobs/{image.Blob}")).Is(404);
            (await repository.GetAsync("manifests/v1")).Is(404);
        }

        await collection;
        Assert.Equal((1, 1), (await inventory.CountAsync("repository_blob"), await inventory.CountAsync("manifest")));
        Volatile.Write(ref stop, true);
        await kept;
        await image.IsThereAsync(other);
    }

    [Theory, Engines]
    public async Task An_upload_that_is_on_its_way_is_refused_at_its_end_and_leaves_nothing(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine, Inventory.OnDemand);
        var (repository, inventory) = (new RepositoryWire(app.Client, "library/app"), new Inventory(app));
        var content = Oci.RandomBytes(2 << 20);
        var (early, late) = (new Pipe(), new Pipe());
        var closes = new[] { early, late }.Select(async body => await app.Client.SendAsync(
            "PUT", RepositoryWire.With(await repository.StartAsync(), $"digest={RepositoryWire.DigestOf(content)}"), new StreamContent(body.Reader.AsStream()))).ToArray();
        await early.Writer.WriteAsync(content.AsMemory(0, 1 << 20));
        await late.Writer.WriteAsync(content.AsMemory(0, 1 << 20));
        await Eventually.TrueAsync(async () => await inventory.FilesAsync() == 2, "the bytes arrive");

        (await app.DeleteRepositoryAsync(repository)).Is(204);
        await EndAsync(early);
        (await closes[0]).IsError(404, "BLOB_UPLOAD_UNKNOWN");
        await inventory.CollectAsync();
        await EndAsync(late);
        (await closes[1]).IsError(404, "BLOB_UPLOAD_UNKNOWN");

        await inventory.CollectAsync();
        Assert.Equal(0, await inventory.FilesAsync());
        Assert.Equal(0, await inventory.CountAsync("object", Inventory.InUse));

        async Task EndAsync(Pipe body)
        {
            await body.Writer.WriteAsync(content.AsMemory(1 << 20));
            await body.Writer.CompleteAsync();
        }
    }

    [Theory, Engines]
    public async Task Whoever_had_a_right_on_it_alone_or_by_a_team_is_asked_for_again(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine, Inventory.OnDemand);
        var (repository, other) = (new RepositoryWire(app.Client, "library/app"), new RepositoryWire(app.Client, "library/other"));
        await repository.PushImageAsync("v1");
        await other.PushImageAsync("v1");
        var inventory = new Inventory(app);
        await inventory.WriteAsync(
            """
            insert into subject (kind, name, created_at) values (1, 'alone', 0), (1, 'member', 0), (1, 'both', 0), (1, 'elsewhere', 0);
            insert into team (name, created_at) values ('team', 0);
            insert into team_member (team_id, subject_id) select t.id, s.id from team t, subject s where s.name in ('member', 'both');
            insert into role_grant (subject_id, repository_id, role, created_at)
            select s.id, n.repository_id, 2, 0 from subject s, repository_name n
            where (n.name = 'library/app' and s.name in ('alone', 'both')) or (n.name = 'library/other' and s.name = 'elsewhere');
            insert into role_grant (team_id, repository_id, role, created_at)
            select t.id, n.repository_id, 2, 0 from team t, repository_name n where n.name = 'library/app'
            """);

        (await app.DeleteRepositoryAsync(repository)).Is(204);

        Assert.Equal(3, await inventory.CountAsync("subject", "epoch = 2 and name <> 'elsewhere'"));
        Assert.Equal(1, await inventory.CountAsync("subject", "epoch = 1"));
        Assert.Equal(1, await inventory.CountAsync("role_grant"));
    }

    private static async Task UntilAsync(Func<bool> stopped, Func<Task> act)
    {
        while (!stopped())
        {
            await act();
        }
    }
}
