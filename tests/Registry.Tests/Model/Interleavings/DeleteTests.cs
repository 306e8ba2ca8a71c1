using Registry.Tests.Wire;

namespace Registry.Tests.Model.Interleavings;

/// <summary>A delete and a push, a collection, or another delete of the same thing: the answers are those of one order of the two.</summary>
[Trait("Needs", "postgres")]
public sealed class DeleteTests
{
    [Fact]
    public async Task A_blob_that_a_manifest_has_just_come_to_name_cannot_be_deleted()
    {
        await using var sessions = await Sessions.StartAsync();
        var (repository, image) = (sessions.Repository(), new Lone());
        await repository.PushBlobAsync(image.Content);

        var hold = sessions.HoldBefore("insert into manifest (");
        var put = image.PutAsync(repository);
        await hold.ReachedAsync();
        var delete = repository.DeleteAsync($"blobs/{image.Blob}");
        await sessions.SomeoneWaitsAsync();
        hold.Release();

        (await put).Is(201);
        (await delete).IsError(405, "UNSUPPORTED");
        await image.IsThereAsync(repository);
        await sessions.SoundAsync();
    }

    [Fact]
    public async Task A_manifest_does_not_come_to_name_a_blob_that_is_being_deleted()
    {
        await using var sessions = await Sessions.StartAsync();
        var (repository, image) = (sessions.Repository(), new Lone());
        await repository.PushBlobAsync(image.Content);

        var hold = sessions.HoldBefore("delete from repository_blob where repository_id");
        var delete = repository.DeleteAsync($"blobs/{image.Blob}");
        await hold.ReachedAsync();
        var put = image.PutAsync(repository);
        await sessions.SomeoneWaitsAsync();
        hold.Release();

        (await delete).Is(202);
        (await put).IsError(400, "MANIFEST_BLOB_UNKNOWN");
        await sessions.SoundAsync();
    }

    [Fact]
    public async Task A_blob_is_deleted_once()
    {
        await using var sessions = await Sessions.StartAsync();
        var (repository, image) = (sessions.Repository(), new Lone());
        await repository.PushBlobAsync(image.Content);

        var hold = sessions.HoldBefore("delete from repository_blob where repository_id");
        var first = repository.DeleteAsync($"blobs/{image.Blob}");
        await hold.ReachedAsync();
        var second = repository.DeleteAsync($"blobs/{image.Blob}");
        await sessions.SomeoneWaitsAsync();
        hold.Release();

        (await first).Is(202);
        (await second).IsError(404, "BLOB_UNKNOWN");
        await sessions.SoundAsync();
    }

    [Fact]
    public async Task A_tag_that_moves_while_its_manifest_is_deleted_has_no_event_but_its_moves()
    {
        await using var sessions = await Sessions.StartAsync();
        var (repository, old, current) = (sessions.Repository(), new Lone(), new Lone());
        await old.PushAsync(repository, "v1");
        await repository.PushBlobAsync(current.Content);

        var hold = sessions.HoldBefore("insert into tag_event");
        var put = current.PutAsync(repository, "v1");
        await hold.ReachedAsync();
        var delete = old.DeleteAsync(repository);
        await sessions.SomeoneWaitsAsync();
        hold.Release();

        (await put).Is(201);
        (await delete).Is(202);
        (await repository.GetAsync("manifests/v1")).Is(200).Has("Docker-Content-Digest", current.Digest);
        Assert.Equal(2, await sessions.NumberAsync("select count(*) from tag_event"));
        await sessions.SoundAsync();
    }

    [Fact]
    public async Task A_manifest_deleted_while_it_is_pushed_again_has_the_tag_of_that_push_or_none()
    {
        await using var sessions = await Sessions.StartAsync();
        var (repository, image) = (sessions.Repository(), new Lone());
        await image.PushAsync(repository, "v1");

        var hold = sessions.HoldBefore("insert into tag (");
        var put = image.PutAsync(repository, "v2");
        await hold.ReachedAsync();
        var delete = image.DeleteAsync(repository);
        await sessions.SomeoneWaitsAsync();
        hold.Release();

        (await put).Is(201);
        (await delete).Is(202);
        Assert.Empty((await repository.GetAsync("tags/list")).Strings("tags"));
        (await image.PutAsync(repository, "v3")).Is(201);
        await sessions.PassTimeAsync();
        await sessions.SoundAsync();
        await image.IsThereAsync(repository);
    }

    [Fact]
    public async Task A_session_that_is_being_closed_cannot_be_cancelled()
    {
        await using var sessions = await Sessions.StartAsync();
        var (repository, image) = (sessions.Repository(), new Lone());
        var location = await repository.StartAsync();

        var hold = sessions.HoldBefore("insert into blob (");
        var close = repository.CloseAsync(location, image.Blob, image.Content);
        await hold.ReachedAsync();
        var cancel = sessions.App.Client.SendAsync("DELETE", location);
        await sessions.SomeoneWaitsAsync();
        hold.Release();

        (await close).Is(201);
        (await cancel).IsError(404, "BLOB_UPLOAD_UNKNOWN");
        (await repository.CloseAsync(location, image.Blob)).Is(201);
        (await image.PutAsync(repository)).Is(201);
        await image.IsThereAsync(repository);
        await sessions.SoundAsync();
    }
}
