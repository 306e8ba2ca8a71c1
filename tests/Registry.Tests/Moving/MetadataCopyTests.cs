using System.Net;
using System.Net.Http.Headers;
using Registry.Tests.Collection;
using Registry.Tests.Wire;

namespace Registry.Tests.Moving;

/// <summary><c>registry metadata copy</c>: a registry goes on with PostgreSQL where it stopped with SQLite.</summary>
[Trait("Needs", "postgres")]
public sealed class MetadataCopyTests
{
    [Fact]
    public async Task Everything_that_was_there_is_there_and_what_was_begun_goes_on()
    {
        await using var registry = await MovedRegistry.CreateAsync();
        var half = Oci.RandomBytes(300_000);
        Image image, signature;
        Account alice, robot, token;
        string index, bearer;
        Uri upload;
        long highest;
        await using (var app = await registry.StartAsync(Engine.Sqlite))
        {
            using var accounts = await Accounts.CreateAsync(app);
            alice = await accounts.UserAsync("alice", "owner", "team/*");
            robot = await accounts.RobotAsync("team", "ci", "reader", "team/*");
            token = await accounts.TokenAsync(alice);
            bearer = await TokenAsync(app, alice);
            app.Client.DefaultRequestHeaders.Authorization = alice.Basic;
            var repository = app.Repository("team/app");
            image = await repository.PushImageAsync("v1");
            signature = await repository.PushImageAsync(subject: image.Descriptor);
            index = await repository.PushIndexAsync("all", image.Descriptor);
            using var begun = await repository.PatchAsync(await repository.StartUploadAsync(), half[..200_000], from: 0);
            upload = Uploads.Location(begun);
            highest = await HighestIdEverAsync(app, repository);
        }

        await registry.CopyAsync();

        await using var moved = await registry.StartAsync(Engine.Postgres);
        foreach (var credential in new[] { alice.Basic, robot.Basic, token.Basic, new AuthenticationHeaderValue("Bearer", bearer) })
        {
            moved.Client.DefaultRequestHeaders.Authorization = credential;
            await MovedRegistry.IsThereAsync(moved.Repository("team/app"), image, "v1");
        }

        moved.Client.DefaultRequestHeaders.Authorization = alice.Basic;
        var after = moved.Repository("team/app");
        await MovedRegistry.IsThereAsync(after, signature, signature.Digest);
        using var all = await after.GetManifestAsync("all");
        await OciAssert.DigestAsync(all, HttpStatusCode.OK, index);
        using var referrers = await after.ReferrersAsync(image.Digest);
        Assert.Equal(signature.Digest, (await OciAssert.JsonAsync(referrers)).GetProperty("manifests")[0].GetProperty("digest").GetString());
        using var rest = await after.PatchAsync(new Uri(moved.Address, upload.PathAndQuery), half[200_000..], from: 200_000);
        using var closed = await after.CloseAsync(Uploads.Location(rest), Oci.Digest(half));
        await OciAssert.DigestAsync(closed, HttpStatusCode.Created, Oci.Digest(half));

        var fresh = await after.PushImageAsync("v2");
        await MovedRegistry.IsThereAsync(after, fresh, "v2");
        Assert.Equal(highest + 1, await registry.Postgres.NumberAsync("select max(id) from manifest"));
    }

    [Fact]
    public async Task Collection_goes_on_with_the_objects_that_are_there()
    {
        await using var registry = await MovedRegistry.CreateAsync();
        Image kept, deleted;
        await using (var app = await registry.StartAsync(Engine.Sqlite))
        {
            kept = await app.Repository("team/app").PushImageAsync("kept");
            deleted = await app.Repository("team/app").PushImageAsync("deleted");
            using var answer = await app.Repository("team/app").DeleteManifestAsync(deleted.Digest);
            await OciAssert.StatusAsync(answer, HttpStatusCode.Accepted);
        }

        await registry.CopyAsync();

        await using var moved = await registry.StartAsync(Engine.Postgres);
        var inventory = new Inventory(moved);
        await inventory.CollectAsync();
        Assert.Equal(kept.Blobs.Count, await inventory.FilesAsync());
        await MovedRegistry.IsThereAsync(moved.Repository("team/app"), kept, "kept");
    }

    [Fact]
    public async Task Every_table_has_the_same_rows_and_gives_ids_that_never_were()
    {
        await using var registry = await MovedRegistry.CreateAsync();
        await registry.StartOnceAsync();
        await EveryTable.FillAsync(registry.SqliteFile);

        await registry.CopyAsync();

        var tables = await EveryTable.ReadAsync(registry.MovedFile);
        Assert.NotEmpty(tables);
        foreach (var (table, columns) in tables)
        {
            var before = await EveryTable.RowsAsync(registry.MovedFile, $"select {columns} from {table}");
            var after = await registry.Postgres.RowsAsync($"select {columns} from {table}");
            Assert.True(before.Count > 0, $"{table} is empty");
            Assert.Equal(Texts(before), Texts(after));
        }

        foreach (var row in await EveryTable.RowsAsync(registry.MovedFile, "select name, seq from sqlite_sequence"))
        {
            Assert.Equal((long)row[1] + 1, await registry.Postgres.NumberAsync($"select nextval(pg_get_serial_sequence('{row[0]}', 'id'))"));
        }
    }

    // The highest id of a manifest that has gone, as if it had never been.
    private static async Task<long> HighestIdEverAsync(RegistryApp app, RepositoryClient repository)
    {
        var last = await repository.PushImageAsync("last");
        var highest = await Sql.Of(Engine.Sqlite, app).NumberAsync("select max(id) from manifest");
        using var answer = await repository.DeleteManifestAsync(last.Digest);
        await OciAssert.StatusAsync(answer, HttpStatusCode.Accepted);
        await new Inventory(app).CollectAsync();
        Assert.True(await Sql.Of(Engine.Sqlite, app).NumberAsync("select max(id) from manifest") < highest);
        return highest;
    }

    private static async Task<string> TokenAsync(RegistryApp app, Account account)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "token?service=registry&scope=repository:team/app:pull") { Headers = { Authorization = account.Basic } };
        using var response = await app.Client.SendAsync(request);
        return (await OciAssert.JsonAsync(response)).GetProperty("token").GetString()!;
    }

    private static IEnumerable<string> Texts(IEnumerable<object[]> rows) => rows
        .Select(row => string.Join('|', row.Select(value => value is byte[] bytes ? Convert.ToHexString(bytes) : $"{value}")))
        .Order(StringComparer.Ordinal);
}
