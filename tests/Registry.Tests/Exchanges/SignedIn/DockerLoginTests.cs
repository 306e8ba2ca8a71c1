using Registry.Tests.Exchanges.Libraries;
using Registry.Tests.Wire;

namespace Registry.Tests.Exchanges.SignedIn;

/// <summary>docker with a graph driver: what "docker login" keeps, and what push, pull and search make of it.</summary>
public sealed class DockerLoginTests(PeopledRegistry registry) : IClassFixture<PeopledRegistry>
{
    private const string UserAgent = @"docker/28.5.2 go/go1.24.9 git-commit/e06ed9e os/linux arch/amd64 UpstreamClient(Docker-Client/28.5.2 \(linux\))";

    [Theory, Engines]
    public async Task Login_gets_a_refresh_token_for_a_password_and_uses_it_from_then_on(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        await using var go = new GoClient(people.Address, UserAgent);
        var repository = new GoContainerRegistry(go, GoClient.NewName());

        var refreshToken = await LoginAsync(go, people.Alice);

        Assert.StartsWith("rgf_", refreshToken, StringComparison.Ordinal);
        var scope = $"repository:{repository.Name}:push,pull";
        var token = (await go.PostTokenAsync(
            ("client_id", "docker"), ("grant_type", "refresh_token"), ("refresh_token", refreshToken!), ("scope", scope), ("service", "registry")))
            .IsToken($"repository:{repository.Name}:pull,push");
        go.Authorization = $"Bearer {token}";
        await repository.PushImageAsync(Image.Random(), "1");
    }

    [Theory, Engines]
    public async Task Refresh_token_is_used_again_and_again_and_no_other_is_given(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        await using var go = new GoClient(people.Address, UserAgent);
        var refreshToken = await LoginAsync(go, people.Alice);

        for (var i = 0; i < 3; i++)
        {
            var answer = await go.PostTokenAsync(
                ("client_id", "docker"), ("grant_type", "refresh_token"), ("refresh_token", refreshToken!), ("service", "registry"));
            answer.IsToken();
            Assert.Null(answer.Json()["refresh_token"]);
        }
    }

    [Theory, Engines]
    public async Task Secret_of_a_robot_and_access_token_are_kept_as_they_are(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        foreach (var account in new[] { people.Robot, await people.Accounts.TokenAsync(people.Alice) })
        {
            await using var go = new GoClient(people.Address, UserAgent);
            var scope = $"repository:{GoClient.NewName()}";

            Assert.Null(await LoginAsync(go, account));

            (await go.GetTokenAsync(
                TokenRequests.Form(("account", account.Name), ("scope", $"{scope}:push,pull"), ("service", "registry")), account)).IsToken($"{scope}:pull,push");
        }
    }

    [Theory, Engines]
    public async Task Wrong_password_ends_the_login(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        await using var go = new GoClient(people.Address, UserAgent);
        Challenge.Of(await go.GetAsync("/v2/"));

        var answer = await go.GetTokenAsync(
            "account=bob&client_id=docker&offline_token=true&service=registry", people.Bob with { Secret = "guessed" });

        var error = answer.IsError("401 Unauthorized", "UNAUTHORIZED");
        Assert.Equal("the credentials are wrong, have expired or were revoked", (string)error["message"]!);
    }

    [Theory, Engines]
    public async Task Refresh_token_that_is_none_is_a_401(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        await using var go = new GoClient(people.Address, UserAgent);

        var answer = await go.PostTokenAsync(
            ("client_id", "docker"), ("grant_type", "refresh_token"), ("refresh_token", $"rgf_{new string('A', 43)}"), ("service", "registry"));

        answer.IsError("401 Unauthorized", "UNAUTHORIZED");
    }

    [Theory, Engines]
    public async Task Pull_asks_for_a_token_at_every_ping_and_needs_no_credentials_for_a_public_image(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        var stored = people.Repository(People.Open);
        var image = await stored.PushImageAsync("1");
        await using var go = new GoClient(people.Address, UserAgent);
        Challenge.Of(await go.GetAsync("/v2/"));

        var scope = $"repository:{stored.Name}:pull";
        go.Authorization = $"Bearer {(await go.GetTokenAsync(TokenRequests.Form(("scope", scope), ("service", "registry")))).IsToken(scope)}";

        (await go.HeadAsync($"/v2/{stored.Name}/manifests/1", ("Accept", image.MediaType))).IsHeadOf(Content.Manifest(image));
        (await go.GetAsync($"/v2/{stored.Name}/manifests/{image.Digest}", ("Accept", image.MediaType))).IsManifest(Content.Manifest(image));
    }

    [Theory, Engines]
    public async Task Search_asks_for_an_action_of_its_own(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        var (mine, hidden) = (people.Repository("team"), people.Repository("other"));
        await mine.PushImageAsync("1");
        await hidden.PushImageAsync("1");
        await using var go = new GoClient(people.Address, UserAgent);
        var refreshToken = await LoginAsync(go, people.Bob);

        // What is answered to this is all the same to it, as long as something is.
        await go.GetAsync("/v1/_ping");
        Challenge.Of(await go.GetAsync("/v2/"));
        var token = (await go.PostTokenAsync(
            ("client_id", "docker"), ("grant_type", "refresh_token"), ("refresh_token", refreshToken!), ("scope", "registry:catalog:search"), ("service", "registry")))
            .IsToken("registry:catalog:search");
        go.Authorization = $"Bearer {token}";

        Assert.Equal(1, (int)(await SearchAsync(mine))["num_results"]!);
        Assert.Equal(0, (int)(await SearchAsync(hidden))["num_results"]!);

        async Task<System.Text.Json.Nodes.JsonNode> SearchAsync(RepositoryClient repository) =>
            (await go.GetAsync($"/v1/search?n=25&q={repository.Name[^20..]}", ("X-Docker-Token", "true"))).Is("200 OK").Json();
    }

    // The last request must be answered 200 by a token that is good for nothing.
    private static async Task<string?> LoginAsync(GoClient go, Account account)
    {
        var challenge = Challenge.Of(await go.GetAsync("/v2/"));
        Assert.Null(challenge.Scope);
        var answer = await go.GetTokenAsync(
            TokenRequests.Form(("account", account.Name), ("client_id", "docker"), ("offline_token", "true"), ("service", challenge.Service)), account);
        (await go.GetAsync("/v2/", ("Authorization", $"Bearer {answer.IsToken()}"))).IsPing();
        return (string?)answer.Json()["refresh_token"];
    }
}
