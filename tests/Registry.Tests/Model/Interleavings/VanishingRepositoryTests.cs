using Registry.Tests.Wire;

namespace Registry.Tests.Model.Interleavings;

/// <summary>What comes into a repository while it vanishes, because its last upload was cancelled, finds it made again.</summary>
[Trait("Needs", "postgres")]
public sealed class VanishingRepositoryTests
{
    [Fact]
    public async Task An_upload()
    {
        await using var sessions = await Sessions.StartAsync();
        var (repository, image) = (sessions.Repository(), new Lone());

        var location = (await VanishAsync(sessions, () => repository.PostAsync())).Is(202).Location;

        (await repository.CloseAsync(location, image.Blob, image.Content)).Is(201);
        (await image.PutAsync(repository)).Is(201);
        await image.IsThereAsync(repository);
        await sessions.SoundAsync();
    }

    [Fact]
    public async Task A_mount()
    {
        await using var sessions = await Sessions.StartAsync();
        var (repository, other, image) = (sessions.Repository(), sessions.Repository("other"), new Lone());
        await other.PushBlobAsync(image.Content);

        (await VanishAsync(sessions, () => repository.PostAsync($"?mount={image.Blob}&from={other.Name}"))).Is(201);

        (await image.PutAsync(repository)).Is(201);
        await image.IsThereAsync(repository);
        await sessions.SoundAsync();
    }

    [Fact]
    public async Task A_manifest()
    {
        await using var sessions = await Sessions.StartAsync();
        var (repository, index) = (sessions.Repository(), Documents.Index().Bytes());

        (await VanishAsync(sessions, () => repository.PutManifestAsync("v1", index, Oci.IndexType))).Is(201);

        Assert.Equal(index, (await repository.GetAsync("manifests/v1")).Is(200).Body);
        await sessions.SoundAsync();
    }

    [Fact]
    public async Task Two_uploads_that_make_the_repository_at_once_make_one()
    {
        await using var sessions = await Sessions.StartAsync();
        var repository = sessions.Repository();

        var hold = sessions.HoldBefore("insert into repository_name");
        var first = repository.PostAsync();
        await hold.ReachedAsync();
        var second = repository.PostAsync();
        await sessions.SomeoneWaitsAsync();
        hold.Release();

        foreach (var upload in new[] { await first, await second })
        {
            (await repository.StatusAsync(upload.Is(202).Location)).Is(204);
        }

        Assert.Equal(1, await sessions.NumberAsync("select count(*) from repository"));
    }

    private static async Task<Answer> VanishAsync(Sessions sessions, Func<Task<Answer>> arrival)
    {
        var location = await sessions.Repository().StartAsync();
        var hold = sessions.HoldBefore("delete from repository where id");
        var cancel = sessions.App.Client.SendAsync("DELETE", location);
        await hold.ReachedAsync();
        var arrived = arrival();
        await sessions.SomeoneWaitsAsync();
        hold.Release();
        (await cancel).Is(204);
        return await arrived;
    }
}
