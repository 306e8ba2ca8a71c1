using System.Net;
using Npgsql;

namespace Registry.Tests.Management;

/// <summary>A team gets a role while somebody joins it: one of the two changes sees the other.</summary>
public sealed class TeamGrantTests
{
    private const string Waiting = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";

    [Theory]
    [Engines]
    public async Task Who_joins_a_team_while_it_gets_or_loses_a_role_may_what_the_team_may(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        using var accounts = await Accounts.CreateAsync(app);
        await new RepositoryClient(accounts.Local, "team/app").PushImageAsync("1.0");
        var alice = await accounts.TokenAsync(await accounts.UserAsync("alice"));
        await accounts.TeamAsync("crew");
        for (var round = 0; round < 10; round++)
        {
            // What is remembered of her is of before.
            Assert.Equal(HttpStatusCode.NotFound, await PullAsync(app, alice));
            var grant = accounts.GrantTeamAsync("crew", "reader", "team/*");
            await Task.WhenAll(grant, accounts.SendAsync(HttpMethod.Put, "/teams/crew/members/alice"));
            Assert.Equal(HttpStatusCode.OK, await PullAsync(app, alice));

            await Task.WhenAll(accounts.RevokeAsync(await grant), accounts.SendAsync(HttpMethod.Delete, "/teams/crew/members/alice"));
        }
    }

    [Fact]
    [Trait("Needs", "postgres")]
    public async Task A_role_for_a_team_waits_for_who_is_joining_and_is_theirs_at_once()
    {
        await using var app = await RegistryApp.StartAsync(Engine.Postgres);
        using var accounts = await Accounts.CreateAsync(app);
        await new RepositoryClient(accounts.Local, "team/app").PushImageAsync("1.0");
        var alice = await accounts.TokenAsync(await accounts.UserAsync("alice"));
        await accounts.TeamAsync("crew");
        await using var connection = new NpgsqlConnection(app.ConnectionString);
        await connection.OpenAsync();

        // Another replica in the middle of TeamStore.AddAsync: her epoch is raised already, and her first request afterwards is answered.
        await using var joining = await connection.BeginTransactionAsync();
        await ExecuteAsync(connection, "select id from team where name = 'crew' for update");
        await ExecuteAsync(
            connection, "insert into team_member (team_id, subject_id) select t.id, s.id from team t, subject s where t.name = 'crew' and s.name = 'alice'");
        var grant = accounts.GrantTeamAsync("crew", "reader", "team/*");
        await using var watching = new NpgsqlConnection(app.ConnectionString);
        await watching.OpenAsync();
        await Eventually.TrueAsync(async () => await ExecuteAsync(watching, Waiting) > 0 || grant.IsCompleted, "the role waits");
        Assert.False(grant.IsCompleted, "the role did not wait");
        Assert.Equal(HttpStatusCode.NotFound, await PullAsync(app, alice));
        await joining.CommitAsync();
        await grant;

        Assert.Equal(HttpStatusCode.OK, await PullAsync(app, alice));
    }

    private static async Task<long> ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync() is long number ? number : 0;
    }

    private static async Task<HttpStatusCode> PullAsync(RegistryApp app, Account account)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v2/team/app/manifests/1.0");
        request.Headers.Authorization = account.Basic;
        using var response = await app.Client.SendAsync(request);
        return response.StatusCode;
    }
}
