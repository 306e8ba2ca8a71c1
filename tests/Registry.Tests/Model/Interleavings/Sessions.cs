using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Registry.Storage.Collection;
using Registry.Tests.Collection;
using Registry.Tests.Wire;

namespace Registry.Tests.Model.Interleavings;

/// <summary>
/// A registry on PostgreSQL whose database sessions can be held before any of their statements, so that a test decides which
/// of them comes first. Collection runs when it is asked to, and time passes when it is told to.
/// </summary>
internal sealed class Sessions : IAsyncDisposable
{
    private readonly PostgresTap _tap;
    private readonly NpgsqlDataSource _direct;
    private readonly Inventory _inventory;

    private Sessions(PostgresTap tap, RegistryApp app, string connectionString)
    {
        (_tap, App) = (tap, app);
        _direct = NpgsqlDataSource.Create(connectionString);
        _inventory = new Inventory(app);
    }

    public RegistryApp App { get; }

    public static async Task<Sessions> StartAsync(params (string Key, string Value)[] settings)
    {
        var connectionString = await PostgresCluster.CreateDatabaseAsync();
        var tap = PostgresTap.On(connectionString);
        try
        {
            var app = await RegistryApp.StartAsync(
                Engine.Postgres,
                [
                    ("ConnectionStrings:Postgres", tap.ConnectionString + ";Max Auto Prepare=0"), ("Collection:Interval", "1.00:00:00"), .. settings,
                ]);
            return new Sessions(tap, app, connectionString);
        }
        catch
        {
            await tap.DisposeAsync();
            throw;
        }
    }

    public RepositoryWire Repository(string name = "app") => new(App.Client, name);

    /// <summary>Holds the next session that comes to a statement with this text.</summary>
    public Hold HoldBefore(string statement) => _tap.HoldBefore(statement);

    /// <summary>The statements that the registry has sent since the last call, but for the look at its signing keys, every second.</summary>
    public IReadOnlyList<string> TakeStatements() => [.. _tap.TakeTexts().Where(text => !text.Contains("signing_key", StringComparison.Ordinal))];

    /// <summary>One round of collection, as a replica's worker runs it.</summary>
    public Task CollectAsync() => Task.Run(() => App.Services.GetRequiredService<Collector>().RunAsync(CancellationToken.None));

    /// <summary>Rounds of collection until nothing is due.</summary>
    public Task CollectAllAsync() => Eventually.TrueAsync(
        async () =>
        {
            await CollectAsync();
            return await NumberAsync(
                """
                select (select count(*) from repository where emptying is not null) + (select count(*) from manifest_queue where due_at <= now_ms()) + (select count(*) from blob_queue where due_at <= now_ms())
                  + (select count(*) from object where state = 2 and delete_not_before <= now_ms())
                """) == 0;
        },
        "collection comes to an end");

    /// <summary>Every lease ends and everything that waits becomes due; uploads stay.</summary>
    public Task PassTimeAsync() => ExecuteAsync(
        """
        update repository_blob set lease_until = lease_until - 7200000;
        update blob_queue set due_at = due_at - 7200000;
        update manifest_queue set due_at = due_at - 7200000;
        update object set delete_not_before = delete_not_before - 7200000
        """);

    /// <summary>Waits until a session of the registry waits for a lock that another one holds.</summary>
    public Task SomeoneWaitsAsync() => Eventually.TrueAsync(SomeoneWaitingAsync, "a session waits for a lock");

    public async Task<bool> SomeoneWaitingAsync() =>
        await NumberAsync("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'") > 0;

    /// <summary>Ends the sessions that are held within a transaction, as a failure of the server would.</summary>
    public Task EndTransactionsAsync() => ExecuteAsync(
        """
        select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and xact_start is not null and wait_event = 'ClientRead'
        """);

    public async Task<long> NumberAsync(string sql)
    {
        await using var command = _direct.CreateCommand(sql);
        return Convert.ToInt64(await command.ExecuteScalarAsync(), System.Globalization.CultureInfo.InvariantCulture);
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var command = _direct.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>
    /// What holds in every state at rest: each blob has a live object with a file, and nothing else has a file; what a manifest
    /// that can be seen names is there; nothing can be seen in a deleted repository.
    /// </summary>
    public async Task SoundAsync()
    {
        await CollectAllAsync();
        Assert.Equal(0, await NumberAsync("select count(*) from blob b left join object o on o.id = b.object_id where o.state is distinct from 1"));
        Assert.Equal(0, await NumberAsync("select count(*) from object where state = 2 and delete_not_before <= now_ms()"));
        Assert.Equal(0, await NumberAsync("select count(*) from object o where state = 1 and not exists (select 1 from blob where object_id = o.id)"));
        Assert.Equal(
            0,
            await NumberAsync(
                """
                select count(*) from manifest m join manifest_edge e on e.manifest_id = m.id
                where m.deleted_at is null and e.child_id is null and not exists (
                    select 1 from repository_blob l where l.repository_id = m.repository_id and l.blob_id = e.blob_id)
                """));
        Assert.Equal(await NumberAsync("select count(*) from object where state = 1"), await _inventory.FilesAsync());
        foreach (var rows in new[] { "upload", "tag", "repository_blob", "(select * from manifest where deleted_at is null)", "repository_name" })
        {
            Assert.Equal(0, await NumberAsync($"select count(*) from {rows} x join repository r on r.id = x.repository_id where r.deleted_at is not null"));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        await _tap.DisposeAsync();
        await _direct.DisposeAsync();
    }
}
