using Registry.Tests.Repositories;
using Registry.Tests.Wire;

namespace Registry.Tests.Model.Interleavings;

/// <summary>
/// What comes into a repository while it is deleted is of the old one, and goes with it, or of a new one of that name, and stays.
/// </summary>
[Trait("Needs", "postgres")]
public sealed class DeletedRepositoryTests
{
    [Theory, InlineData(Arrival.Upload), InlineData(Arrival.Blob), InlineData(Arrival.Mount), InlineData(Arrival.Manifest), InlineData(Arrival.Index)]
    public async Task What_waits_for_the_delete_comes_into_a_new_one(Arrival arrival)
    {
        await using var sessions = await Sessions.StartAsync();
        var (repository, image) = (sessions.Repository(), await FilledAsync(sessions));

        var hold = sessions.HoldBefore("update repository set deleted_at");
        var delete = sessions.App.DeleteRepositoryAsync(repository);
        await hold.ReachedAsync();
        var arriving = ArriveAsync(sessions, image, arrival);
        await sessions.SomeoneWaitsAsync();
        hold.Release();

        (await delete).Is(204);
        var answer = await arriving;
        await sessions.CollectAllAsync();
        if (arrival == Arrival.Manifest)
        {
            // The blobs it names were in the old one.
            answer.IsError(400, "MANIFEST_BLOB_UNKNOWN");
            (await repository.GetAsync("tags/list")).IsError(404, "NAME_UNKNOWN");
        }
        else
        {
            answer.IsOneOf(201, 202);
            (await repository.GetAsync("tags/list")).Is(200);
        }

        if (arrival == Arrival.Upload)
        {
            (await repository.CloseAsync(answer.Location, image.Blob, image.Content)).Is(201);
        }

        if (arrival is Arrival.Upload or Arrival.Blob or Arrival.Mount)
        {
            (await image.PutAsync(repository)).Is(201);
            await image.IsThereAsync(repository);
        }

        await sessions.SoundAsync();
    }

    [Theory, InlineData(Arrival.Upload), InlineData(Arrival.Blob), InlineData(Arrival.Mount), InlineData(Arrival.Manifest), InlineData(Arrival.Index)]
    public async Task What_the_delete_has_to_wait_for_goes_with_the_old_one(Arrival arrival)
    {
        await using var sessions = await Sessions.StartAsync();
        var (repository, image) = (sessions.Repository(), await FilledAsync(sessions));

        var hold = sessions.HoldBefore(arrival switch
        {
            Arrival.Upload => "insert into upload",
            Arrival.Blob or Arrival.Mount => "insert into repository_blob",
            _ => "insert into manifest (",
        });
        var arriving = ArriveAsync(sessions, image, arrival);
        await hold.ReachedAsync();
        var delete = sessions.App.DeleteRepositoryAsync(repository);
        await sessions.SomeoneWaitsAsync();
        hold.Release();

        (await arriving).IsOneOf(201, 202);
        (await delete).Is(204);
        (await repository.GetAsync("tags/list")).IsError(404, "NAME_UNKNOWN");
        await sessions.SoundAsync();
        await sessions.PassTimeAsync();
        await sessions.SoundAsync();
        Assert.Equal(0, await sessions.NumberAsync("select count(*) from manifest m join repository r on r.id = m.repository_id where r.deleted_at is not null"));
    }

    [Fact]
    public async Task A_close_that_was_first_is_taken_and_its_blob_goes_with_the_repository()
    {
        await using var sessions = await Sessions.StartAsync();
        var (repository, image) = (sessions.Repository(), new Lone());
        var location = await repository.StartAsync();
        (await repository.PutManifestAsync("v1", Documents.Index().Bytes(), Oci.IndexType)).Is(201);

        var hold = sessions.HoldBefore("insert into blob (");
        var close = repository.CloseAsync(location, image.Blob, image.Content);
        await hold.ReachedAsync();
        (await sessions.App.DeleteRepositoryAsync(repository)).Is(204);
        for (var i = 0; i < 5; i++)
        {
            // It passes over the session that is being closed, and does not come to an end without it.
            await sessions.CollectAsync();
        }

        Assert.Equal(1, await sessions.NumberAsync("select count(*) from repository where emptying is not null"));
        hold.Release();
        (await close).Is(201);

        (await repository.HeadAsync($"blobs/{image.Blob}")).Is(404);
        await sessions.SoundAsync();
        await sessions.PassTimeAsync();
        await sessions.SoundAsync();
        Assert.Equal(0, await sessions.NumberAsync("select count(*) from blob"));
    }

    [Fact]
    public async Task A_lease_that_is_extended_while_the_repository_is_emptied_is_not_promised()
    {
        await using var sessions = await Sessions.StartAsync();
        var (repository, image) = (sessions.Repository(), new Lone());
        await repository.PushBlobAsync(image.Content);
        await sessions.PassTimeAsync();

        var hold = sessions.HoldBefore("select id from blob where id");
        var head = repository.HeadAsync($"blobs/{image.Blob}");
        await hold.ReachedAsync();
        (await sessions.App.DeleteRepositoryAsync(repository)).Is(204);
        await sessions.CollectAllAsync();
        hold.Release();

        (await head).Is(404);
        await sessions.PassTimeAsync();
        await sessions.SoundAsync();
        Assert.Equal(0, await sessions.NumberAsync("select count(*) from blob"));
    }

    [Fact]
    public async Task A_blob_is_mounted_from_it_while_it_is_deleted_and_stays()
    {
        await using var sessions = await Sessions.StartAsync();
        var (repository, other, image) = (sessions.Repository(), sessions.Repository("other"), await FilledAsync(sessions));
        (await sessions.App.DeleteRepositoryAsync(other)).Is(204);

        var hold = sessions.HoldBefore("insert into repository_blob");
        var mount = other.PostAsync($"?mount={image.Blob}&from={repository.Name}");
        await hold.ReachedAsync();
        (await sessions.App.DeleteRepositoryAsync(repository)).Is(204);
        await sessions.CollectAllAsync();
        hold.Release();

        (await mount).Is(201);
        (await image.PutAsync(other)).Is(201);
        await sessions.PassTimeAsync();
        await sessions.SoundAsync();
        await image.IsThereAsync(other);
    }

    [Fact]
    public async Task A_manifest_and_a_tag_that_are_deleted_by_themselves_while_it_is_emptied_have_one_event()
    {
        await using var sessions = await Sessions.StartAsync();
        var (repository, image) = (sessions.Repository(), await FilledAsync(sessions));

        var hold = sessions.HoldBefore("insert into tag_event");
        var delete = image.DeleteAsync(repository);
        await hold.ReachedAsync();
        (await sessions.App.DeleteRepositoryAsync(repository)).Is(204);
        var collection = sessions.CollectAllAsync();
        await sessions.SomeoneWaitsAsync();
        hold.Release();
        (await delete).Is(202);
        await collection;

        await sessions.SoundAsync();
        Assert.Equal(1, await sessions.NumberAsync("select count(*) from tag_event where new_digest is null"));
    }

    public enum Arrival
    {
        Upload,
        Blob,
        Mount,
        Manifest,
        Index,
    }

    /// <summary>The image is in the repository, under a tag, and in another one.</summary>
    private static async Task<Lone> FilledAsync(Sessions sessions)
    {
        var image = new Lone();
        await image.PushAsync(sessions.Repository(), "v1");
        await image.PushAsync(sessions.Repository("other"), "v1");
        return image;
    }

    private static Task<Answer> ArriveAsync(Sessions sessions, Lone image, Arrival arrival)
    {
        var repository = sessions.Repository();
        return arrival switch
        {
            Arrival.Upload => repository.PostAsync(),
            Arrival.Blob => repository.PostAsync($"?digest={image.Blob}", Wire.Http.Sized(image.Content)),
            Arrival.Mount => repository.PostAsync($"?mount={image.Blob}&from=other"),
            Arrival.Manifest => image.PutAsync(repository, "v2"),
            _ => repository.PutManifestAsync("v2", Documents.Index().Bytes(), Oci.IndexType),
        };
    }
}
