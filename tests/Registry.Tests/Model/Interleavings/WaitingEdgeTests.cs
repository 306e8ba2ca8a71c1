using System.Text.Json.Nodes;
using Registry.Tests.Wire;

namespace Registry.Tests.Model.Interleavings;

/// <summary>What may be absent when a manifest names it, and comes at the same time: the manifest holds it from then on.</summary>
[Trait("Needs", "postgres")]
public sealed class WaitingEdgeTests
{
    private static readonly (string, string)[] Sparse = [("Manifests:Sparse", "true"), ("Collection:Untagged", "true")];

    [Theory, InlineData("insert into manifest_edge"), InlineData(Hold.Commit)]
    public async Task A_child_that_comes_while_its_sparse_index_is_stored_is_held_by_it(string statement)
    {
        await using var sessions = await Sessions.StartAsync(Sparse);
        var (repository, image) = (sessions.Repository(), new Lone());
        await repository.PushBlobAsync(image.Content);

        await MeetAsync(sessions, statement, () => PutIndexAsync(repository, image), () => image.PutAsync(repository));

        await sessions.PassTimeAsync();
        await sessions.SoundAsync();
        await image.IsThereAsync(repository);
    }

    [Theory, InlineData("insert into manifest_edge"), InlineData(Hold.Commit)]
    public async Task A_sparse_index_that_comes_while_its_child_is_stored_holds_it(string statement)
    {
        await using var sessions = await Sessions.StartAsync(Sparse);
        var (repository, image) = (sessions.Repository(), new Lone());
        await repository.PushBlobAsync(image.Content);

        await MeetAsync(sessions, statement, () => image.PutAsync(repository), () => PutIndexAsync(repository, image));

        await sessions.PassTimeAsync();
        await sessions.SoundAsync();
        await image.IsThereAsync(repository);
    }

    [Theory, InlineData("insert into manifest_edge"), InlineData(Hold.Commit)]
    public async Task A_foreign_layer_that_comes_while_its_manifest_is_stored_is_held_by_it(string statement)
    {
        await using var sessions = await Sessions.StartAsync();
        var (repository, image) = (sessions.Repository(), new Lone());
        var manifest = await ForeignAsync(repository, image);
        var location = await repository.StartAsync();

        await MeetAsync(sessions, statement, () => PutAsync(repository, manifest), () => repository.CloseAsync(location, image.Blob, image.Content));

        await sessions.PassTimeAsync();
        await sessions.SoundAsync();
        Assert.Equal(image.Content, (await repository.GetAsync($"blobs/{image.Blob}")).Is(200).Body);
    }

    [Theory, InlineData("insert into blob_queue"), InlineData(Hold.Commit)]
    public async Task A_manifest_that_comes_while_its_foreign_layer_is_stored_holds_it(string statement)
    {
        await using var sessions = await Sessions.StartAsync();
        var (repository, other, image) = (sessions.Repository(), sessions.Repository("other"), new Lone());
        var manifest = await ForeignAsync(repository, image);
        await other.PushBlobAsync(image.Content);

        await MeetAsync(
            sessions, statement, () => repository.PostAsync($"?mount={image.Blob}&from={other.Name}"), () => PutAsync(repository, manifest));

        await sessions.PassTimeAsync();
        await sessions.SoundAsync();
        Assert.Equal(image.Content, (await repository.GetAsync($"blobs/{image.Blob}")).Is(200).Body);
    }

    // The second comes while the first is held: it is through, or it waits for the first.
    private static async Task MeetAsync(Sessions sessions, string statement, Func<Task<Answer>> first, Func<Task<Answer>> second)
    {
        var hold = sessions.HoldBefore(statement);
        var one = first();
        await hold.ReachedAsync();
        var two = second();
        await Eventually.TrueAsync(async () => two.IsCompleted || await sessions.SomeoneWaitingAsync(), "the second request is through or waits");
        hold.Release();
        (await one).Is(201);
        (await two).Is(201);
    }

    private static Task<Answer> PutIndexAsync(RepositoryWire repository, Lone child) =>
        PutAsync(repository, Documents.Index(Documents.Describe(Oci.ManifestType, child.Manifest)));

    private static Task<Answer> PutAsync(RepositoryWire repository, JsonObject document) =>
        repository.PutManifestAsync("v1", document.Bytes(), (string)document["mediaType"]!);

    private static async Task<JsonObject> ForeignAsync(RepositoryWire repository, Lone layer)
    {
        await repository.PushBlobAsync(Oci.EmptyContent);
        return Documents.Image(
            Documents.Describe(Oci.EmptyType, Oci.EmptyContent), Documents.Describe(Oci.DockerForeignLayerType, layer.Content));
    }
}
