using Registry.Tests.Wire;

namespace Registry.Tests.Model.Interleavings;

/// <summary>A push and a collection of the same content, each of them first: nothing is lost, and nothing is promised that is gone.</summary>
[Trait("Needs", "postgres")]
public sealed class PushAndCollectionTests
{
    private const string StoresManifest = "insert into manifest (";
    private const string RemovesBlob = "delete from blob where id";

    [Fact]
    public async Task A_manifest_that_is_being_stored_keeps_its_blob()
    {
        await using var sessions = await Sessions.StartAsync();
        var (repository, image) = (sessions.Repository(), new Lone());
        await repository.PushBlobAsync(image.Content);
        await sessions.PassTimeAsync();

        var hold = sessions.HoldBefore(StoresManifest);
        var put = image.PutAsync(repository, "v1");
        await hold.ReachedAsync();
        var collection = sessions.CollectAsync();
        await sessions.SomeoneWaitsAsync();
        hold.Release();

        (await put).Is(201);
        await collection;
        await image.IsThereAsync(repository);
        await sessions.SoundAsync();
    }

    [Fact]
    public async Task A_manifest_that_comes_after_the_collection_of_its_blob_is_refused()
    {
        await using var sessions = await Sessions.StartAsync();
        var (repository, image) = (sessions.Repository(), new Lone());
        await repository.PushBlobAsync(image.Content);
        await sessions.PassTimeAsync();

        var (hold, collection) = await CollectUpToAsync(sessions, RemovesBlob);
        var put = image.PutAsync(repository, "v1");
        await sessions.SomeoneWaitsAsync();
        hold.Release();

        (await put).IsError(400, "MANIFEST_BLOB_UNKNOWN");
        await collection;
        await sessions.SoundAsync();
        Assert.Equal(0, await sessions.NumberAsync("select count(*) from object where state > 0"));
    }

    [Fact]
    public async Task A_blob_pushed_again_while_the_old_one_is_collected_gets_an_object_of_its_own()
    {
        await using var sessions = await Sessions.StartAsync();
        var (repository, image) = (sessions.Repository(), new Lone());
        await repository.PushBlobAsync(image.Content);
        await sessions.PassTimeAsync();

        var (hold, collection) = await CollectUpToAsync(sessions, RemovesBlob);
        var push = repository.CloseAsync(await sessions.Repository("other").StartAsync(), image.Blob, image.Content);
        await sessions.SomeoneWaitsAsync();
        hold.Release();

        (await push).Is(201);
        await collection;
        await sessions.SoundAsync();
        (await image.PutAsync(sessions.Repository("other"))).Is(201);
        await image.IsThereAsync(sessions.Repository("other"));
    }

    [Fact]
    public async Task A_blob_pushed_again_keeps_the_old_object_when_its_collection_fails()
    {
        await using var sessions = await Sessions.StartAsync();
        var (repository, image) = (sessions.Repository(), new Lone());
        await repository.PushBlobAsync(image.Content);
        await sessions.PassTimeAsync();

        var (hold, collection) = await CollectUpToAsync(sessions, RemovesBlob);
        var push = repository.CloseAsync(await repository.StartAsync(), image.Blob, image.Content);
        await sessions.SomeoneWaitsAsync();
        await sessions.EndTransactionsAsync();
        hold.Release();

        (await push).Is(201);
        await Assert.ThrowsAnyAsync<Npgsql.NpgsqlException>(() => collection);
        await sessions.SoundAsync();
        (await image.PutAsync(repository)).Is(201);
        await image.IsThereAsync(repository);
    }

    [Fact]
    public async Task A_HEAD_that_extends_its_lease_keeps_the_blob()
    {
        await using var sessions = await Sessions.StartAsync();
        var (repository, image) = (sessions.Repository(), new Lone());
        await repository.PushBlobAsync(image.Content);
        await sessions.PassTimeAsync();

        var hold = sessions.HoldBefore("update repository_blob set lease_until");
        var head = repository.HeadAsync($"blobs/{image.Blob}");
        await hold.ReachedAsync();
        var collection = sessions.CollectAsync();
        await sessions.SomeoneWaitsAsync();
        hold.Release();

        (await head).Is(200);
        await collection;
        (await image.PutAsync(repository)).Is(201);
        await image.IsThereAsync(repository);
        await sessions.SoundAsync();
    }

    [Fact]
    public async Task A_HEAD_that_comes_after_the_collection_of_the_blob_says_so()
    {
        await using var sessions = await Sessions.StartAsync();
        var (repository, image) = (sessions.Repository(), new Lone());
        await repository.PushBlobAsync(image.Content);
        await sessions.PassTimeAsync();

        var (hold, collection) = await CollectUpToAsync(sessions, RemovesBlob);
        var head = repository.HeadAsync($"blobs/{image.Blob}");
        await sessions.SomeoneWaitsAsync();
        hold.Release();

        (await head).Is(404);
        await collection;
        await sessions.SoundAsync();
    }

    [Fact]
    public async Task A_mount_that_is_under_way_keeps_the_blob()
    {
        await using var sessions = await Sessions.StartAsync();
        var (repository, other, image) = (sessions.Repository(), sessions.Repository("other"), new Lone());
        await repository.PushBlobAsync(image.Content);
        await sessions.PassTimeAsync();

        var hold = sessions.HoldBefore("insert into repository_blob");
        var mount = other.PostAsync($"?mount={image.Blob}&from={repository.Name}");
        await hold.ReachedAsync();
        var collection = sessions.CollectAsync();
        await sessions.SomeoneWaitsAsync();
        hold.Release();

        (await mount).Is(201);
        await collection;
        (await image.PutAsync(other)).Is(201);
        await image.IsThereAsync(other);
        await sessions.SoundAsync();
    }

    [Fact]
    public async Task A_mount_that_comes_after_the_collection_of_the_blob_is_an_upload()
    {
        await using var sessions = await Sessions.StartAsync();
        var (repository, other, image) = (sessions.Repository(), sessions.Repository("other"), new Lone());
        await repository.PushBlobAsync(image.Content);
        await sessions.PassTimeAsync();

        var (hold, collection) = await CollectUpToAsync(sessions, RemovesBlob);
        var mount = other.PostAsync($"?mount={image.Blob}&from={repository.Name}");
        await sessions.SomeoneWaitsAsync();
        hold.Release();

        (await other.CloseAsync((await mount).Is(202).Location, image.Blob, image.Content)).Is(201);
        await collection;
        (await image.PutAsync(other)).Is(201);
        await image.IsThereAsync(other);
        await sessions.SoundAsync();
    }

    [Fact]
    public async Task Two_pushes_of_the_same_blob_leave_one_object()
    {
        await using var sessions = await Sessions.StartAsync();
        var (repository, other, image) = (sessions.Repository(), sessions.Repository("other"), new Lone());
        var (first, second) = (await repository.StartAsync(), await other.StartAsync());

        var hold = sessions.HoldBefore("insert into repository_blob");
        var one = repository.CloseAsync(first, image.Blob, image.Content);
        await hold.ReachedAsync();
        var two = other.CloseAsync(second, image.Blob, image.Content);
        await sessions.SomeoneWaitsAsync();
        hold.Release();

        (await one).Is(201);
        (await two).Is(201);
        (await image.PutAsync(repository)).Is(201);
        (await image.PutAsync(other)).Is(201);
        await sessions.SoundAsync();
        await image.IsThereAsync(repository);
        await image.IsThereAsync(other);
        Assert.Equal(1, await sessions.NumberAsync("select count(*) from object where state > 0"));
    }

    private static async Task<(Hold Hold, Task Collection)> CollectUpToAsync(Sessions sessions, string statement)
    {
        var hold = sessions.HoldBefore(statement);
        var collection = sessions.CollectAsync();
        await hold.ReachedAsync();
        return (hold, collection);
    }
}
