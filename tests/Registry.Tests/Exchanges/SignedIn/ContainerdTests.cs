using Registry.Tests.Exchanges.Libraries;
using Registry.Tests.Wire;

namespace Registry.Tests.Exchanges.SignedIn;

/// <summary>
/// containerd 2, and with it docker's containerd store and BuildKit: a token is fetched when a request is answered 401, with a secret
/// by POST at first. Pull and push are asked for twice in one string.
/// </summary>
public sealed class ContainerdTests(PeopledRegistry registry) : IClassFixture<PeopledRegistry>
{
    private const string UserAgent = "containerd/2.1.9";
    private const string FormType = "application/x-www-form-urlencoded; charset=utf-8";

    [Theory, Engines]
    public async Task Push_signs_in_by_POST_and_merges_its_scopes_into_one_string(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        await using var go = new GoClient(people.Address, UserAgent);
        var repository = new ContainerdResolver(go, GoClient.NewName());
        var image = Image.Random();

        // A HEAD has no body, but the challenge.
        var challenge = Challenge.Of(await repository.ExistsAsync(Content.Blobs(image).First()));
        Assert.Equal((people.Address + "token", $"repository:{repository.Name}:pull", null), (challenge.Realm, challenge.Scope, challenge.Error));
        var answer = await PostAsync(go, people.Alice, $"{challenge.Scope} repository:{repository.Name}:pull,push");
        go.Authorization = $"Bearer {answer.IsToken($"repository:{repository.Name}:pull,push")}";

        await repository.PushImageAsync(image, "1");
        await repository.FetchImageAsync(image);
    }

    [Theory, Engines]
    public async Task Wrong_password_is_a_401_to_POST_and_to_the_GET_that_follows(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        await using var go = new GoClient(people.Address, UserAgent);
        var wrong = people.Robot with { Secret = "rgr_" + new string('A', 43) };

        (await PostAsync(go, wrong, "repository:team/app:pull")).IsError("401 Unauthorized", "UNAUTHORIZED");
        (await go.GetTokenAsync(TokenRequests.Form(("scope", "repository:team/app:pull"), ("service", "registry")), wrong)).IsError("401 Unauthorized", "UNAUTHORIZED");
    }

    [Theory, Engines]
    public async Task Docker_with_a_stored_refresh_token_signs_in_under_another_name(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        await using var go = new GoClient(people.Address, UserAgent);
        var login = await go.GetTokenAsync("account=bob&client_id=docker&offline_token=true&service=registry", people.Bob);
        var scope = $"repository:{GoClient.NewName()}:pull";

        var answer = await go.PostTokenAsync(
            FormType, ("client_id", "containerd-client"), ("grant_type", "refresh_token"), ("refresh_token", (string)login.Json()["refresh_token"]!),
            ("scope", scope), ("service", "registry"));

        answer.IsToken(scope);
    }

    [Theory, Engines]
    public async Task Public_image_is_pulled_without_a_token(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        var stored = people.Repository(People.Open);
        var image = await stored.PushImageAsync("1");
        await using var go = new GoClient(people.Address, UserAgent);
        var repository = new ContainerdResolver(go, stored.Name);

        (await repository.ResolveAsync("1")).IsHeadOf(Content.Manifest(image));
        await repository.FetchImageAsync(image);
    }

    [Theory, Engines]
    public async Task Private_image_asks_nobody_to_sign_in_and_again_after_a_token_of_nobody(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        var stored = people.Repository("team");
        await stored.PushImageAsync("1");
        await using var go = new GoClient(people.Address, UserAgent);
        var repository = new ContainerdResolver(go, stored.Name);

        Assert.Null(Challenge.Of(await repository.ResolveAsync("1")).Error);
        go.Authorization = $"Bearer {(await go.GetTokenAsync(TokenRequests.Form(("scope", $"repository:{stored.Name}:pull"), ("service", "registry")))).IsToken()}";

        // With an error it gives up, which is right.
        Assert.Equal("insufficient_scope", Challenge.Of(await repository.ResolveAsync("1")).Error);
    }

    [Theory, Engines]
    public async Task Mount_from_what_one_may_not_see_is_no_403_since_that_would_end_the_push(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        var stored = people.Repository("other");
        var image = await stored.PushImageAsync("1");
        await using var go = new GoClient(people.Address, UserAgent);
        var repository = new ContainerdResolver(go, GoClient.NewName());
        var own = $"repository:{repository.Name}";
        var answer = await PostAsync(go, people.Robot, $"repository:{stored.Name}:pull {own}:pull {own}:pull,push");
        go.Authorization = $"Bearer {answer.IsToken($"{own}:pull,push")}";

        foreach (var blob in Content.Blobs(image))
        {
            var location = (await repository.MountAsync(blob, stored.Name)).IsUploadAccepted(repository.Name);
            await repository.FinishAsync(location, blob);
        }

        await repository.PushManifestAsync(Content.Manifest(image), "1");
    }

    [Theory, Engines]
    public async Task Push_by_a_reader_is_told_why_not(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        await using var go = new GoClient(people.Address, UserAgent);
        var name = GoClient.NewName();
        var answer = await PostAsync(go, people.Bob, $"repository:{name}:pull repository:{name}:pull,push");
        go.Authorization = $"Bearer {answer.IsToken($"repository:{name}:pull")}";

        var refused = (await go.PostAsync($"/v2/{name}/blobs/uploads/")).IsError("403 Forbidden", "DENIED");

        Assert.Equal($"bob may not push to {name}", (string)refused["message"]!);
    }

    [Theory, Engines]
    public async Task BuildKit_asks_by_GET_first_and_by_POST_after_a_401(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        await using var go = new GoClient(people.Address, "buildkit/v0.25");
        var repository = new ContainerdResolver(go, GoClient.NewName());
        var scope = $"repository:{repository.Name}:pull,push";
        var query = TokenRequests.Form(("client_id", "buildkit-client"), ("scope", scope), ("service", "registry"));

        (await go.GetTokenAsync(query, people.Alice with { Secret = "guessed" })).IsError("401 Unauthorized", "UNAUTHORIZED");
        (await PostAsync(go, people.Alice with { Secret = "guessed" }, scope, "buildkit-client")).IsError("401 Unauthorized", "UNAUTHORIZED");
        go.Authorization = $"Bearer {(await go.GetTokenAsync(query, people.Alice)).IsToken(scope)}";

        await repository.PushImageAsync(Image.Random(), "1");
    }

    private static Task<RawResponse> PostAsync(GoClient go, Account account, string scope, string client = "containerd-client") => go.PostTokenAsync(
        FormType, ("client_id", client), ("grant_type", "password"), ("password", account.Secret), ("scope", scope), ("service", "registry"),
        ("username", account.Name));
}
