using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Registry.Auth.Audit;

namespace Registry.Tests.Management;

/// <summary>Who did what, from where, and how it ended.</summary>
public sealed class AuditTests
{
    [Theory]
    [Engines]
    public async Task Every_change_has_a_record_with_author_address_and_target(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        using var accounts = await Accounts.CreateAsync(app);
        var admin = app.As(accounts.Administrator);
        await admin.ExpectAsync(HttpStatusCode.Created, HttpMethod.Post, "/users", new { name = "alice" });
        await admin.ExpectAsync(HttpStatusCode.Created, HttpMethod.Post, "/grants", new { user = "alice", role = "writer", names = "team/*" });
        await admin.ExpectAsync(HttpStatusCode.OK, HttpMethod.Patch, "/users/alice", new { disabled = true });
        await admin.ExpectAsync(HttpStatusCode.OK, HttpMethod.Post, "/keys/rotate");
        var records = (await admin.ReadAsync("/audit?actor=admin")).GetProperty("items").EnumerateArray()
            .Where(record => record.GetProperty("result").GetString() is "done" && !record.GetProperty("action").GetString()!.StartsWith("sign", StringComparison.Ordinal)).ToList();
        Assert.Equal(["key.rotate", "user.disable", "grant.add", "user.create"], records.Take(4).Select(record => record.GetProperty("action").GetString()));
        Assert.All(records, record => Assert.Equal("127.0.0.1", record.GetProperty("address").GetString()));
        Assert.Equal((await admin.ListAsync("/keys", "kid"))[^1], records[0].GetProperty("target").GetString());
        Assert.Equal("team/*", records[2].GetProperty("target").GetString());
        Assert.Equal("alice", records[2].GetProperty("detail").GetProperty("to").GetString());

        var local = (await admin.ReadAsync("/audit?actor=local")).GetProperty("items")[0];
        Assert.Equal("user.create", local.GetProperty("action").GetString());
        Assert.False(local.TryGetProperty("address", out _));
    }

    [Theory]
    [Engines]
    public async Task What_was_refused_is_recorded_and_a_stop_loses_nothing(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        using var accounts = await Accounts.CreateAsync(app);
        var bob = app.As(await accounts.UserAsync("bob"));
        const int Count = 30;
        for (var i = 0; i < Count; i++)
        {
            await bob.ExpectAsync(HttpStatusCode.NotFound, HttpMethod.Get, $"/users/somebody{i}");
        }

        await app.RestartAsync();
        var admin = app.As(accounts.Administrator);
        var targets = await admin.ListAsync($"/audit?actor=bob&action=api.refuse&n=1000", "target");
        Assert.Equal(Enumerable.Range(0, Count).Select(i => $"GET /api/v1/users/somebody{i}"), targets.Reverse());
        Assert.Contains("registry_audit_dropped_total 0\n", await MetricsAsync(app, accounts.Administrator), StringComparison.Ordinal);
    }

    [Theory]
    [Engines]
    public async Task Old_records_are_removed_and_newer_ones_stay(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        using var accounts = await Accounts.CreateAsync(app);
        var store = app.Services.GetRequiredService<AuditStore>();
        var old = DateTimeOffset.UtcNow.AddDays(-100).ToUnixTimeMilliseconds();
        await store.AppendAsync([.. Enumerable.Range(0, 50).Select(i => (new AuditEvent("ghost", null, "sign-in", $"{i}"), old))], CancellationToken.None);
        await accounts.UserAsync("alice");
        Assert.Equal(50, await store.RemoveAsync(TimeSpan.FromDays(90), CancellationToken.None));
        Assert.Equal(0, await store.RemoveAsync(TimeSpan.FromDays(90), CancellationToken.None));
        Assert.Empty(await store.ListAsync("ghost", null, null, 10, CancellationToken.None));
        Assert.NotEmpty(await store.ListAsync("local", "user.create", null, 10, CancellationToken.None));
    }

    [Theory]
    [Engines]
    public async Task A_password_shown_with_each_request_is_one_sign_in_and_a_wrong_one_is_recorded_each_time(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        using var accounts = await Accounts.CreateAsync(app);
        var bob = await accounts.UserAsync("bob");
        for (var i = 0; i < 3; i++)
        {
            await app.As(bob).ExpectAsync(HttpStatusCode.OK, HttpMethod.Get, "/whoami");
            await app.As(bob with { Secret = "wrong" }).ExpectAsync(HttpStatusCode.Unauthorized, HttpMethod.Get, "/whoami");
        }

        await app.As(await accounts.TokenAsync(bob)).ExpectAsync(HttpStatusCode.OK, HttpMethod.Get, "/whoami");
        await app.RestartAsync();
        var results = await app.As(accounts.Administrator).ListAsync("/audit?actor=bob&action=sign-in", "result");
        Assert.Equal((1, 3), (results.Count(result => result is "done"), results.Count(result => result is "refused")));
    }

    [Theory]
    [Engines]
    public async Task A_full_queue_holds_nobody_up_and_counts_what_it_does_not_take(Engine engine)
    {
        const int room = 10_000, tooMany = 7;
        await using var app = await RegistryApp.StartAsync(engine);
        var store = app.Services.GetRequiredService<AuditStore>();
        var log = new AuditLog(store, TimeProvider.System);
        for (var i = 0; i < room + tooMany; i++)
        {
            log.Record(new AuditEvent("ghost", null, "sign-in", $"{i}"));
        }

        Assert.Equal(tooMany, log.Dropped);
        await log.RunAsync(e => Assert.Fail($"{e}"), new CancellationToken(canceled: true));
        var stored = await store.ListAsync("ghost", null, null, room + tooMany, CancellationToken.None);
        Assert.Equal(Enumerable.Range(0, room).Select(i => $"{i}").Reverse(), stored.Select(record => record.Target));
        Assert.Equal(tooMany, log.Dropped);
    }

    [Fact]
    public async Task S39_What_clients_choose_cannot_forge_a_record()
    {
        await using var app = await RegistryApp.StartAsync();
        using var accounts = await Accounts.CreateAsync(app);
        var bob = app.As(await accounts.UserAsync("bob"));
        const string Hostile = "a%0d%0a%1b[2Jadmin%22,%22result%22:%22done";
        await bob.ExpectAsync(HttpStatusCode.NotFound, HttpMethod.Get, $"/users/{Hostile}");
        await bob.ExpectAsync(HttpStatusCode.BadRequest, HttpMethod.Post, "/users/bob/tokens", new { name = "x\r\n\u001b[2J" });
        var admin = app.As(accounts.Administrator);
        JsonElement record = default;
        await Eventually.TrueAsync(
            async () =>
            {
                var found = (await admin.ReadAsync("/audit?actor=bob&action=api.refuse")).GetProperty("items");
                record = found.GetArrayLength() > 0 ? found[0] : default;
                return found.GetArrayLength() == 1;
            },
            "the refusal is recorded");
        using var answer = await admin.GetAsync("/audit?actor=bob&action=api.refuse");
        Assert.DoesNotContain(await answer.Content.ReadAsStringAsync(), char.IsControl);
        Assert.Equal("refused", record.GetProperty("result").GetString());
    }

    private static async Task<string> MetricsAsync(RegistryApp app, Account administrator)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        request.Headers.Authorization = administrator.Basic;
        using var response = await app.Client.SendAsync(request);
        await OciAssert.StatusAsync(response, HttpStatusCode.OK);
        return await response.Content.ReadAsStringAsync();
    }
}
