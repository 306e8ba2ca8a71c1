using Registry.Tests.Wire;

namespace Registry.Tests.Model.Interleavings;

/// <summary>Two collections at once, and events that come while a task is looked at: none is forgotten, and none fails.</summary>
[Trait("Needs", "postgres")]
public sealed class QueueTests
{
    [Fact]
    public async Task A_task_that_is_renewed_while_it_is_dropped_stays()
    {
        await using var sessions = await Sessions.StartAsync();
        var (repository, image) = (sessions.Repository(), new Lone());
        await image.PushAsync(repository);
        await sessions.PassTimeAsync();

        // One worker has seen that the manifest names the blob; then the manifest goes, and asks for another look at the blob.
        var hold = sessions.HoldBefore("delete from blob_queue");
        var first = sessions.CollectAsync();
        await hold.ReachedAsync();
        (await image.DeleteAsync(repository)).Is(202);
        await sessions.PassTimeAsync();
        var second = sessions.CollectAsync();
        await sessions.SomeoneWaitsAsync();
        hold.Release();

        await Task.WhenAll(first, second);
        await sessions.SoundAsync();
        Assert.Equal(0, await sessions.NumberAsync("select count(*) from object where state > 0"));
    }

    [Fact]
    public async Task A_task_that_is_dropped_while_it_is_renewed_comes_back()
    {
        await using var sessions = await Sessions.StartAsync();
        var (repository, image) = (sessions.Repository(), new Lone());
        await image.PushAsync(repository);
        await sessions.PassTimeAsync();

        var blobs = sessions.HoldBefore("from blob_queue where due_at");
        var second = sessions.CollectAsync();
        await blobs.ReachedAsync();
        (await image.DeleteAsync(repository)).Is(202);
        await sessions.PassTimeAsync();

        // The removal of the manifest is not committed yet: the other worker still sees its blob named, and drops the task.
        var removal = sessions.HoldBefore("insert into blob_queue");
        var first = sessions.CollectAsync();
        await removal.ReachedAsync();
        blobs.Release();
        await second;
        Assert.Equal(0, await sessions.NumberAsync("select count(*) from blob_queue"));
        removal.Release();

        await first;
        await sessions.SoundAsync();
        Assert.Equal(0, await sessions.NumberAsync("select count(*) from object where state > 0"));
    }

    [Fact]
    public async Task Two_workers_on_the_same_blob_remove_it_once()
    {
        await using var sessions = await Sessions.StartAsync();
        var (repository, image) = (sessions.Repository(), new Lone());
        await repository.PushBlobAsync(image.Content);
        await sessions.PassTimeAsync();

        var hold = sessions.HoldBefore("delete from blob where id");
        var first = sessions.CollectAsync();
        await hold.ReachedAsync();
        var second = sessions.CollectAsync();
        await sessions.SomeoneWaitsAsync();
        hold.Release();

        await Task.WhenAll(first, second);
        await sessions.SoundAsync();
        Assert.Equal(0, await sessions.NumberAsync("select count(*) from object where state > 0"));
    }

    [Fact]
    public async Task A_blob_deleted_while_a_worker_looks_at_it_goes()
    {
        await using var sessions = await Sessions.StartAsync();
        var (repository, other, image) = (sessions.Repository(), sessions.Repository("other"), new Lone());
        await image.PushAsync(other);
        await repository.PushBlobAsync(image.Content);
        await sessions.PassTimeAsync();
        await sessions.ExecuteAsync("update repository_blob set lease_until = now_ms() + 60000");

        // The worker holds the blob and wants its task; the delete wants the blob first, so that there is no deadlock.
        var hold = sessions.HoldBefore("update blob_queue");
        var collection = sessions.CollectAsync();
        await hold.ReachedAsync();
        var delete = repository.DeleteAsync($"blobs/{image.Blob}");
        await sessions.SomeoneWaitsAsync();
        hold.Release();

        (await delete).Is(202);
        await collection;
        await image.IsThereAsync(other);
        (await image.DeleteAsync(other)).Is(202);
        await sessions.PassTimeAsync();
        await sessions.SoundAsync();
        await sessions.PassTimeAsync();
        await sessions.SoundAsync();
        Assert.Equal(0, await sessions.NumberAsync("select count(*) from object where state > 0"));
    }

    [Fact]
    public async Task Two_workers_on_the_bytes_of_a_cancelled_upload_leave_the_last_removal_for_later()
    {
        await using var sessions = await Sessions.StartAsync();
        var repository = sessions.Repository();
        var location = await repository.StartAsync();
        (await repository.StreamAsync(location, Oci.RandomBytes(10))).Is(202);
        (await sessions.App.Client.SendAsync("DELETE", location)).Is(204);

        var hold = sessions.HoldBefore("delete from object where");
        var first = sessions.CollectAsync();
        await hold.ReachedAsync();
        await sessions.CollectAsync();
        hold.Release();
        await first;

        Assert.Equal(1, await sessions.NumberAsync("select count(*) from object where state = 2 and deletes_left = 1"));
        await sessions.PassTimeAsync();
        await sessions.SoundAsync();
        Assert.Equal(0, await sessions.NumberAsync("select count(*) from object where state > 0"));
    }

    [Fact]
    public async Task A_collection_that_fails_after_it_has_removed_the_bytes_harms_nobody()
    {
        await using var sessions = await Sessions.StartAsync();
        var (repository, image) = (sessions.Repository(), new Lone());
        await repository.PushBlobAsync(image.Content);
        await sessions.PassTimeAsync();

        var hold = sessions.HoldBefore("delete from object where");
        var collection = sessions.CollectAsync();
        await hold.ReachedAsync();
        await image.PushAsync(repository);
        await sessions.EndTransactionsAsync();
        hold.Release();

        await Assert.ThrowsAnyAsync<Npgsql.NpgsqlException>(() => collection);
        await sessions.SoundAsync();
        await image.IsThereAsync(repository);
    }
}
