using System.Net;
using Registry.Tests.Collection;
using Registry.Tests.Durability.Load;
using Registry.Tests.Wire;

namespace Registry.Tests.Replicas;

/// <summary>PgBouncer in transaction mode stands between: nothing may rely on what a connection remembers.</summary>
[Trait("Needs", "postgres")]
[Trait("Needs", "clients")]
public sealed class PgBouncerTests
{
    [Fact]
    public async Task Images_are_pushed_pulled_listed_and_deleted_through_it()
    {
        await using var bounced = await Bounced.StartAsync(Inventory.OnDemand);
        var repository = bounced.App.Repository("team/app");
        var content = Oci.RandomBytes(300_000);
        var location = await repository.StartUploadAsync();
        using (var first = await repository.PatchAsync(location, content[..200_000], from: 0))
        {
            await OciAssert.StatusAsync(first, HttpStatusCode.Accepted);
            location = Uploads.Location(first);
        }

        using (var second = await repository.PatchAsync(location, content[200_000..], from: 200_000))
        {
            using var closed = await repository.CloseAsync(Uploads.Location(second), Oci.Digest(content));
            await OciAssert.DigestAsync(closed, HttpStatusCode.Created, Oci.Digest(content));
        }

        using (var blob = await repository.GetBlobAsync(Oci.Digest(content)))
        {
            await OciAssert.DigestAsync(blob, HttpStatusCode.OK, Oci.Digest(content), content);
        }

        var image = await repository.PushImageAsync("latest");
        var signature = await repository.PushImageAsync(subject: image.Descriptor, artifactType: "application/x.signature");
        using (var mounted = await bounced.App.Repository("team/other").MountAsync(image.Config.Digest, "team/app"))
        {
            await OciAssert.StatusAsync(mounted, HttpStatusCode.Created);
        }

        using (var tags = await repository.TagsAsync())
        {
            Assert.Equal("latest", (await OciAssert.JsonAsync(tags)).GetProperty("tags")[0].GetString());
        }

        using (var referrers = await repository.ReferrersAsync(image.Digest))
        {
            Assert.Equal(signature.Digest, (await OciAssert.JsonAsync(referrers)).GetProperty("manifests")[0].GetProperty("digest").GetString());
        }

        foreach (var digest in new[] { signature.Digest, image.Digest })
        {
            using var deleted = await repository.DeleteManifestAsync(digest);
            await OciAssert.StatusAsync(deleted, HttpStatusCode.Accepted);
        }

        await new Inventory(bounced.App).CollectAsync();
        using var gone = await repository.GetManifestAsync("latest");
        await OciAssert.ErrorAsync(gone, HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");
    }

    [Fact]
    public async Task Many_clients_at_once_share_few_connections_and_nobody_is_refused()
    {
        await using var bounced = await Bounced.StartAsync(Inventory.AtOnce);
        using var ledger = new Ledger();
        var load = Writers.Start(bounced.App.Client, ledger, new LoadOptions { Writers = 8 }, Random.Shared.Next());

        await load.UntilAsync(() => ledger.Count > 60, "changes are acknowledged");

        await load.StopAsync();
        await ledger.VerifyAsync(bounced.App.Client);
    }

    [Fact]
    public async Task Users_tokens_and_keys_work_through_it()
    {
        await using var bounced = await Bounced.StartAsync();
        using var accounts = await Accounts.CreateAsync(bounced.App);
        var user = await accounts.UserAsync("anna", "writer", "team/*");
        using var http = new HttpClient { BaseAddress = bounced.App.Address };
        http.DefaultRequestHeaders.Authorization = user.Basic;
        var token = (await http.SendAsync("GET", "/token?service=registry&scope=repository:team/app:pull,push")).Is(200).Json()["token"]!.GetValue<string>();
        http.DefaultRequestHeaders.Authorization = new("Bearer", token);
        await new RepositoryClient(http, "team/app").PushImageAsync("latest");
        await accounts.PostAsync("/keys/rotate", new { });

        (await http.SendAsync("GET", "/v2/team/app/tags/list")).Is(200);
    }

    [Fact]
    public async Task A_delete_wakes_collection_over_the_direct_connection()
    {
        await using var bounced = await Bounced.StartAsync([.. Inventory.AtOnce, ("Collection:Interval", "1.00:00:00")]);
        var sql = new Sql(Engine.Postgres, "", bounced.Direct);
        await Eventually.TrueAsync(
            async () => await sql.NumberAsync("select count(*) from pg_stat_activity where application_name = 'registry notifications' and datname = current_database() and query like 'listen%'") == 1,
            "it listens");
        var repository = bounced.App.Repository("team/app");
        using var deleted = await repository.DeleteManifestAsync(await repository.PushIndexAsync("latest"));

        await Eventually.TrueAsync(async () => await sql.NumberAsync("select count(*) from manifest") == 0, "the manifest is collected");
    }

    private sealed class Bounced : IAsyncDisposable
    {
        public required string Direct { get; init; }

        public required PgBouncer PgBouncer { get; init; }

        public required RegistryApp App { get; init; }

        public static async Task<Bounced> StartAsync(params (string, string)[] settings)
        {
            var direct = await PostgresCluster.CreateDatabaseAsync();
            var bouncer = await PgBouncer.StartAsync(direct);
            var app = await RegistryApp.StartAsync(
                Engine.Postgres,
                [
                    ("ConnectionStrings:Postgres", bouncer.ConnectionString), ("ConnectionStrings:PostgresNotifications", direct),
                    ("Postgres:Prepare", "false"), ("Postgres:MaxPoolSize", "20"), .. settings,
                ]);
            return new Bounced { Direct = direct, PgBouncer = bouncer, App = app };
        }

        public async ValueTask DisposeAsync()
        {
            await App.DisposeAsync();
            await PgBouncer.DisposeAsync();
            await PostgresCluster.DropDatabaseAsync(Direct);
        }
    }
}
