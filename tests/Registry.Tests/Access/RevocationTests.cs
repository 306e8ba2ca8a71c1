using Registry.Auth.Permissions;
using Registry.Tests.Replicas;
using Registry.Tests.Wire;

namespace Registry.Tests.Access;

/// <summary>S26: what has been taken away is refused by the very next request, on every replica.</summary>
public sealed class RevocationTests
{
    private const string Name = "acme/app";

    private static readonly Dictionary<string, (Func<Tenants, Tenant, long, Task> Change, int Direct, int Bearer)> Changes = new()
    {
        ["the access token is revoked"] = ((tenants, user, _) => tenants.RevokeAsync(user.TokenId), 401, 401),
        ["the access token expires"] = ((tenants, user, _) => tenants.ExpireAsync(user.TokenId), 401, 401),
        ["the user is disabled"] = ((tenants, user, _) => tenants.DisableAsync(user), 401, 401),
        ["the grant is removed"] = ((tenants, user, grant) => tenants.RemoveGrantAsync(user, grant), 404, 404),
        ["the token is limited"] = (
            (tenants, user, _) => tenants.ExecuteAsync(
                "update credential set limits = @json where id = @TokenId; update subject set epoch = epoch + 1 where id = @Id",
                new { json = "[{\"names\":\"other/*\",\"actions\":[\"pull\"]}]", user.TokenId, user.Id }),
            404,
            404),
        ["the repository is another of its name"] = ((tenants, _, _) => ReplaceAsync(tenants), 200, 401),
    };

    public static TheoryData<string> Names => [.. Changes.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    [Trait("Needs", "postgres")]
    public async Task S26_it_is_refused_at_once_on_two_replicas(string change)
    {
        await using var first = await RegistryApp.StartAsync(Engine.Postgres);
        await using var second = await ReplicaRowTests.StartSecondAsync(first);
        await CheckAsync(change, first, second);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task S26_it_is_refused_at_once_on_SQLite(string change)
    {
        await using var app = await RegistryApp.StartAsync();
        await CheckAsync(change, app, app);
    }

    [Fact]
    public async Task S26_a_new_password_ends_the_old_one_and_what_was_given_for_it()
    {
        await using var app = await RegistryApp.StartAsync();
        var tenants = new Tenants(app);
        var user = await tenants.UserAsync("user", Role.Writer, "acme/*");
        await PushAsync(tenants, user);
        var token = $"Bearer {await tenants.TokenAsync(user.ByPassword, $"repository:{Name}:pull")}";
        Assert.Equal(200, await PullAsync(app, user.ByPassword));
        Assert.Equal(200, await PullAsync(app, token));

        await tenants.RevokeAsync(user.PasswordId);
        await tenants.ExecuteAsync(
            "insert into credential (subject_id, kind, secret, created_at) values (@Id, 1, @secret, now_ms()); update subject set epoch = epoch + 1 where id = @Id",
            new { user.Id, secret = System.Text.Encoding.UTF8.GetBytes(Registry.Auth.Passwords.PasswordHash.Create("nine saucers over the water")) });

        Assert.Equal(401, await PullAsync(app, user.ByPassword));
        Assert.Equal(401, await PullAsync(app, token));
        Assert.Equal(200, await PullAsync(app, Tenant.Basic(user.Name, "nine saucers over the water")));
        Assert.Equal(200, await PullAsync(app, user.ByToken));
    }

    [Theory]
    [Engines]
    public async Task S43_a_blob_that_was_deleted_is_gone_for_all_who_ask_at_once(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        var tenants = new Tenants(app);
        var user = await tenants.UserAsync("user", Role.Owner, "acme/*");
        using var http = tenants.Client(user.ByToken);
        RepositoryClient one = new(http, "acme/one"), other = new(http, "acme/other");
        var content = Oci.RandomBytes(1000);
        for (var round = 0; round < 10; round++)
        {
            var digest = await one.PushBlobAsync(content);
            await other.PushBlobAsync(content);
            using (var deleted = await one.DeleteBlobAsync(digest))
            {
                await OciAssert.StatusAsync(deleted, System.Net.HttpStatusCode.Accepted);
            }

            // Reads elsewhere must not bring it back here.
            var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(async i =>
            {
                using var response = i % 2 == 0 ? await one.GetBlobAsync(digest) : await other.HeadBlobAsync(digest);
                return (Here: i % 2 == 0, Status: (int)response.StatusCode);
            }));
            Assert.All(answers, answer => Assert.Equal(answer.Here ? 404 : 200, answer.Status));
        }
    }

    private static async Task CheckAsync(string change, RegistryApp first, RegistryApp second)
    {
        var tenants = new Tenants(first);
        var user = await tenants.UserAsync("user");
        var grant = await tenants.GrantAsync(user, Role.Owner, "acme/*");
        await tenants.UserAsync("root", administrator: true);
        await PushAsync(tenants, user);
        var bearer = $"Bearer {await tenants.TokenAsync(user.ByToken, $"repository:{Name}:pull,push,delete")}";
        foreach (var app in new[] { first, second })
        {
            // Now both replicas remember who it is.
            Assert.Equal(200, await PullAsync(app, user.ByToken));
            Assert.Equal(200, await PullAsync(app, bearer));
        }

        var (act, direct, byBearer) = Changes[change];
        await act(tenants, user, grant);

        foreach (var app in new[] { second, first })
        {
            Assert.Equal(direct, await PullAsync(app, user.ByToken));
            Assert.Equal(byBearer, await PullAsync(app, bearer));
            var push = await app.Client.SendAsync("POST", $"/v2/{Name}/blobs/uploads/", ("Authorization", bearer));
            Assert.True(push.Status == (byBearer == 404 ? 403 : 401), $"{change}: {push}");
        }
    }

    private static async Task<int> PullAsync(RegistryApp app, string authorization) =>
        (await app.Client.SendAsync("GET", $"/v2/{Name}/manifests/latest", ("Authorization", authorization))).Status;

    private static async Task PushAsync(Tenants tenants, Tenant user)
    {
        using var http = tenants.Client(user.ByToken);
        await new RepositoryClient(http, Name).PushIndexAsync("latest");
    }

    private static async Task ReplaceAsync(Tenants tenants)
    {
        await tenants.TakeNameAsync(Name);
        var other = await tenants.UserAsync("successor", Role.Owner, "acme/*");
        await PushAsync(tenants, other);
    }
}
