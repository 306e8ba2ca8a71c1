using Registry.Tests.Wire;

namespace Registry.Tests.Model.Interleavings;

/// <summary>Where untagged manifests are collected: a tag, or an index, that comes at the same time.</summary>
[Trait("Needs", "postgres")]
public sealed class UntaggedTests
{
    private static readonly (string, string) Untagged = ("Collection:Untagged", "true");

    [Fact]
    public async Task A_manifest_that_is_being_tagged_again_stays()
    {
        await using var sessions = await Sessions.StartAsync(Untagged);
        var (repository, image) = (sessions.Repository(), await UntaggedAsync(sessions));

        var hold = sessions.HoldBefore("insert into tag (");
        var put = image.PutAsync(repository, "v2");
        await hold.ReachedAsync();
        var collection = sessions.CollectAsync();
        await sessions.SomeoneWaitsAsync();
        hold.Release();

        (await put).Is(201);
        await collection;
        await sessions.SoundAsync();
        await image.IsThereAsync(repository);
    }

    [Fact]
    public async Task A_manifest_tagged_again_while_it_is_collected_is_stored_anew()
    {
        await using var sessions = await Sessions.StartAsync(Untagged);
        var (repository, image) = (sessions.Repository(), await UntaggedAsync(sessions));

        var hold = sessions.HoldBefore("delete from manifest where id");
        var collection = sessions.CollectAsync();
        await hold.ReachedAsync();
        var put = image.PutAsync(repository, "v2");
        await sessions.SomeoneWaitsAsync();
        hold.Release();

        (await put).Is(201);
        await collection;
        await sessions.PassTimeAsync();
        await sessions.SoundAsync();
        await image.IsThereAsync(repository);
    }

    [Fact]
    public async Task A_child_whose_index_is_being_stored_stays()
    {
        await using var sessions = await Sessions.StartAsync(Untagged);
        var (repository, image) = (sessions.Repository(), await UntaggedAsync(sessions));

        var hold = sessions.HoldBefore("insert into manifest (");
        var put = PutIndexAsync(repository, image);
        await hold.ReachedAsync();
        var collection = sessions.CollectAsync();
        await sessions.SomeoneWaitsAsync();
        hold.Release();

        (await put).Is(201);
        await collection;
        await sessions.SoundAsync();
        await image.IsThereAsync(repository);
    }

    [Fact]
    public async Task An_index_that_comes_while_its_child_is_collected_is_refused()
    {
        await using var sessions = await Sessions.StartAsync(Untagged);
        var (repository, image) = (sessions.Repository(), await UntaggedAsync(sessions));

        var hold = sessions.HoldBefore("delete from manifest where id");
        var collection = sessions.CollectAsync();
        await hold.ReachedAsync();
        var put = PutIndexAsync(repository, image);
        await sessions.SomeoneWaitsAsync();
        hold.Release();

        (await put).IsError(400, "MANIFEST_BLOB_UNKNOWN");
        await collection;
        await sessions.SoundAsync();
    }

    private static async Task<Lone> UntaggedAsync(Sessions sessions)
    {
        var image = new Lone();
        await image.PushAsync(sessions.Repository(), "v1");
        (await sessions.Repository().DeleteAsync("manifests/v1")).Is(202);
        await sessions.PassTimeAsync();
        return image;
    }

    private static Task<Answer> PutIndexAsync(RepositoryWire repository, Lone child) => repository.PutManifestAsync(
        "multi", Documents.Index(Documents.Describe(Oci.ManifestType, child.Manifest)).Bytes(), Oci.IndexType);
}
