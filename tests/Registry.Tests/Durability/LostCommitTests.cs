using Registry.Tests.Wire;

namespace Registry.Tests.Durability;

/// <summary>
/// D27: the connection to the database is lost during COMMIT, and nobody knows whether it was done. The client is not told
/// 201, repeats what it did, and the result is whole either way.
/// </summary>
[Trait("Needs", "postgres")]
public sealed class LostCommitTests
{
    [Theory, InlineData(false), InlineData(true)]
    public async Task D27_A_close_whose_commit_is_lost_is_503_and_whole_when_repeated(bool committed)
    {
        await using var tap = PostgresTap.On(await PostgresCluster.CreateDatabaseAsync());
        await using var app = await StartAsync(tap);
        var repository = new RepositoryWire(app.Client, "library/app");
        var content = Oci.RandomBytes(200_000);
        var digest = RepositoryWire.DigestOf(content);
        var location = (await repository.StreamAsync(await repository.StartAsync(), content)).Is(202).Location;

        await CutAsync(tap, "set result_digest", committed, () => repository.CloseAsync(location, digest));
        await AgainAsync(() => repository.CloseAsync(location, digest));

        Assert.Equal(content, (await repository.GetAsync($"blobs/{digest}")).Is(200).Body);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task D27_A_close_with_the_whole_blob_whose_commit_is_lost_is_whole_when_repeated(bool committed)
    {
        await using var tap = PostgresTap.On(await PostgresCluster.CreateDatabaseAsync());
        await using var app = await StartAsync(tap);
        var repository = new RepositoryWire(app.Client, "library/app");
        var content = Oci.RandomBytes(200_000);
        var digest = RepositoryWire.DigestOf(content);
        var location = await repository.StartAsync();

        await CutAsync(tap, "set result_digest", committed, () => repository.CloseAsync(location, digest, content));
        await AgainAsync(() => repository.CloseAsync(location, digest, content));

        Assert.Equal(content, (await repository.GetAsync($"blobs/{digest}")).Is(200).Body);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task D27_A_chunk_whose_commit_is_lost_goes_on_where_GET_says_the_upload_stands(bool committed)
    {
        await using var tap = PostgresTap.On(await PostgresCluster.CreateDatabaseAsync());
        await using var app = await StartAsync(tap);
        var repository = new RepositoryWire(app.Client, "library/app");
        var content = Oci.RandomBytes(200_000);
        var location = await repository.StartAsync();

        await CutAsync(tap, "update upload set position", committed, () => repository.ChunkAsync(location, content.AsMemory(0, 100_000), 0));

        await AgainAsync(async () =>
        {
            var end = int.Parse((await repository.StatusAsync(location)).Is(204)["Range"]!.Split('-')[1]);
            return await repository.CloseAsync(location, RepositoryWire.DigestOf(content), content.AsMemory(end == 0 ? 0 : end + 1));
        });
        Assert.Equal(content, (await repository.GetAsync($"blobs/{RepositoryWire.DigestOf(content)}")).Is(200).Body);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task D27_A_manifest_whose_commit_is_lost_is_whole_when_repeated(bool committed)
    {
        await using var tap = PostgresTap.On(await PostgresCluster.CreateDatabaseAsync());
        await using var app = await StartAsync(tap);
        var repository = new RepositoryWire(app.Client, "library/app");
        var content = (await repository.ImageOfFreshBlobsAsync()).Bytes();

        await CutAsync(tap, "insert into tag ", committed, () => repository.PutManifestAsync("v1", content, Oci.ManifestType));
        await AgainAsync(() => repository.PutManifestAsync("v1", content, Oci.ManifestType));

        Assert.Equal(content, (await repository.GetAsync("manifests/v1")).Is(200).Body);
        Assert.Equal(["v1"], (await repository.GetAsync("tags/list")).Strings("tags"));
    }

    private static Task<RegistryApp> StartAsync(PostgresTap tap) => RegistryApp.StartAsync(
        Engine.Postgres, ("ConnectionStrings:Postgres", tap.ConnectionString), ("Collection:Interval", "1.00:00:00"));

    private static async Task CutAsync(PostgresTap tap, string statement, bool committed, Func<Task<Answer>> send)
    {
        tap.CutCommitAfter(statement, committed);
        (await send()).IsError(503, "UNAVAILABLE");
        Assert.False(tap.Armed, "no COMMIT was cut");
    }

    // The claim of the lost request may stand for a moment.
    private static Task AgainAsync(Func<Task<Answer>> send) => Eventually.TrueAsync(async () => (await send()).Status == 201, "the repetition is answered 201");
}
