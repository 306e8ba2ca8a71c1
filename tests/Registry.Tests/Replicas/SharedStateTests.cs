using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Registry.Tests.Wire;

namespace Registry.Tests.Replicas;

/// <summary>What is changed on one replica holds on all of them.</summary>
[Trait("Needs", "postgres")]
public sealed class SharedStateTests
{
    [Fact]
    public async Task S26_What_a_user_may_do_changes_on_all_replicas_with_the_next_request()
    {
        await using var replicas = await ReplicaSet.StartAsync(3, ("Access:AllowHttp", "true"));
        using var accounts = await Accounts.CreateAsync(replicas.Replicas[0]);
        var user = await accounts.TokenAsync(await accounts.UserAsync("anna"));
        var grant = await accounts.GrantAsync(user, "writer", "team/*");
        await new RepositoryClient(With(replicas.Replicas[0], user.Basic), "team/app").PushImageAsync("latest");
        Assert.All(await PullAsync(replicas, user.Basic), status => Assert.Equal(HttpStatusCode.OK, status));

        for (var round = 0; round < 5; round++)
        {
            await accounts.RevokeAsync(grant);
            Assert.All(await PullAsync(replicas, user.Basic), status => Assert.Equal(HttpStatusCode.NotFound, status));
            grant = await accounts.GrantAsync(user, "reader", "team/*");
            Assert.All(await PullAsync(replicas, user.Basic), status => Assert.Equal(HttpStatusCode.OK, status));
        }
    }

    [Fact]
    public async Task A_key_that_is_made_on_one_replica_signs_and_verifies_on_all()
    {
        await using var replicas = await ReplicaSet.StartAsync(3, ("Access:AllowHttp", "true"));
        using var accounts = await Accounts.CreateAsync(replicas.Replicas[0]);
        var user = await accounts.UserAsync("anna", "writer", "team/*");
        await new RepositoryClient(With(replicas.Replicas[0], user.Basic), "team/app").PushImageAsync("latest");
        var before = await TokenAsync(replicas.Replicas[0], user);

        var kid = (await accounts.PostAsync("/keys/rotate", new { })).GetProperty("kid").GetString()!;
        foreach (var replica in replicas.Replicas)
        {
            await Eventually.TrueAsync(async () => (await KeySetAsync(replica)).Contains(kid, StringComparison.Ordinal), "the key is published");
        }

        await Sql.Of(Engine.Postgres, replicas.Replicas[0]).ExecuteAsync($"update signing_key set active_at = now_ms() where kid = '{kid}'");
        foreach (var replica in replicas.Replicas)
        {
            var token = before;
            await Eventually.TrueAsync(async () => KidOf(token = await TokenAsync(replica, user)) == kid, "the replica signs with it");
            Assert.All(await PullAsync(replicas, new("Bearer", token)), status => Assert.Equal(HttpStatusCode.OK, status));
            Assert.All(await PullAsync(replicas, new("Bearer", before)), status => Assert.Equal(HttpStatusCode.OK, status));
        }
    }

    private static async Task<HttpStatusCode[]> PullAsync(ReplicaSet replicas, AuthenticationHeaderValue authorization) =>
        await Task.WhenAll(replicas.Replicas.Select(async replica =>
        {
            using var http = With(replica, authorization);
            using var response = await new RepositoryClient(http, "team/app").GetManifestAsync("latest", Oci.ManifestType);
            return response.StatusCode;
        }));

    private static HttpClient With(RegistryProcess replica, AuthenticationHeaderValue authorization)
    {
        var http = new HttpClient { BaseAddress = replica.Address, Timeout = Eventually.Guard };
        http.DefaultRequestHeaders.Authorization = authorization;
        return http;
    }

    private static async Task<string> TokenAsync(RegistryProcess replica, Account user)
    {
        using var http = With(replica, user.Basic);
        var answer = (await http.SendAsync("GET", "/token?service=registry&scope=repository:team/app:pull")).Is(200);
        return answer.Json()["token"]!.GetValue<string>();
    }

    private static string KidOf(string token)
    {
        var header = token[..token.IndexOf('.', StringComparison.Ordinal)];
        return JsonDocument.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(header)).RootElement.GetProperty("kid").GetString()!;
    }

    private static async Task<string> KeySetAsync(RegistryProcess replica)
    {
        var discovery = (await replica.Client.SendAsync("GET", "/.well-known/openid-configuration")).Is(200).Json();
        return (await replica.Client.SendAsync("GET", new Uri(discovery["jwks_uri"]!.GetValue<string>()).AbsolutePath)).Is(200).Text;
    }
}
