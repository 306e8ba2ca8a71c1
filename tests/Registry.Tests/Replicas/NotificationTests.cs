using Registry.Tests.Collection;
using Registry.Tests.Wire;

namespace Registry.Tests.Replicas;

/// <summary>Replicas wake each other by PostgreSQL's notifications. Without them everything happens all the same, later.</summary>
[Trait("Needs", "postgres")]
public sealed class NotificationTests
{
    private const string Listeners = "select count(*) from pg_stat_activity where application_name = 'registry notifications' and datname = current_database()";

    // So long that within a test nothing is found by looking.
    private static readonly (string, string)[] Sleepy = [.. Inventory.AtOnce, ("Collection:Interval", "1.00:00:00")];

    [Fact]
    public async Task A_delete_wakes_collection_on_another_replica()
    {
        await using var first = await RegistryApp.StartAsync(Engine.Postgres, [.. Sleepy, ("ReadOnly", "false")]);
        await using var second = await ReplicaRowTests.StartSecondAsync(first, [.. Sleepy, ("ConnectionStrings:PostgresNotifications", "none")]);
        await ListeningAsync(first);

        // The second hears nothing: it is the first that collects what was deleted there.
        await PushAndDeleteAsync(second.Repository("team/app"));

        await CollectedAsync(first);
    }

    [Fact]
    public async Task The_delete_of_a_repository_wakes_collection()
    {
        await using var app = await RegistryApp.StartAsync(Engine.Postgres, Sleepy);
        using var accounts = await Accounts.CreateAsync(app);
        await ListeningAsync(app);
        await Sql.Of(Engine.Postgres, app).ExecuteAsync("insert into namespace (name, created_at, visibility) values ('team', 0, 1)");
        using var http = new HttpClient { BaseAddress = app.Address };
        http.DefaultRequestHeaders.Authorization = accounts.Administrator.Basic;
        await new RepositoryClient(http, "team/app").PushImageAsync("latest");

        await accounts.SendAsync(HttpMethod.Delete, "/repositories/team/app");

        await CollectedAsync(app);
    }

    [Fact]
    public async Task Without_notifications_collection_looks_by_the_clock()
    {
        await using var app = await RegistryApp.StartAsync(Engine.Postgres, [.. Inventory.AtOnce, ("ConnectionStrings:PostgresNotifications", "none")]);
        await PushAndDeleteAsync(app.Repository("team/app"));

        await CollectedAsync(app);
        Assert.Equal(0, await Sql.Of(Engine.Postgres, app).NumberAsync(Listeners));
    }

    [Fact]
    public async Task A_connection_for_notifications_that_cannot_be_made_stops_nothing()
    {
        var nowhere = $"Host=127.0.0.1;Port={Ports.Next()};Username=nobody;Database=nothing";
        await using var registry = await RegistryProcess.StartAsync(Engine.Postgres, [.. Inventory.AtOnce, ("ConnectionStrings:PostgresNotifications", nowhere)]);
        await PushAndDeleteAsync(registry.Repository("team/app"));

        var sql = Sql.Of(Engine.Postgres, registry);
        await Eventually.TrueAsync(async () => await sql.NumberAsync("select count(*) from manifest") == 0, "the manifest is collected");
        await Eventually.TrueAsync(() => registry.Errors.Contains("No notifications from PostgreSQL", StringComparison.Ordinal), "it is said");
    }

    [Fact]
    public async Task A_listener_that_was_cut_off_listens_again_and_looks_for_what_it_has_missed()
    {
        await using var app = await RegistryApp.StartAsync(Engine.Postgres, Sleepy);
        await ListeningAsync(app);
        var sql = Sql.Of(Engine.Postgres, app);
        await sql.ExecuteAsync("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'registry notifications' and datname = current_database()");
        await PushAndDeleteAsync(app.Repository("team/app"));

        await CollectedAsync(app);
    }

    private static async Task PushAndDeleteAsync(RepositoryClient repository)
    {
        // Without blobs: nothing keeps those of an image until the manifest is there.
        using var deleted = await repository.DeleteManifestAsync(await repository.PushIndexAsync("latest"));
        await OciAssert.StatusAsync(deleted, System.Net.HttpStatusCode.Accepted);
    }

    private static Task ListeningAsync(RegistryApp app) => Eventually.TrueAsync(
        async () => await Sql.Of(Engine.Postgres, app).NumberAsync($"{Listeners} and wait_event = 'ClientRead' and query like 'listen%'") == 1, "it listens");

    private static Task CollectedAsync(RegistryApp app) => Eventually.TrueAsync(
        async () => await Sql.Of(Engine.Postgres, app).NumberAsync("select (select count(*) from manifest) + (select count(*) from blob)") == 0, "what was deleted is collected");
}
