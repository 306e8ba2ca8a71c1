using Registry.Tests.Exchanges.Libraries;
using Registry.Tests.Wire;

namespace Registry.Tests.Exchanges.SignedIn;

/// <summary>
/// crane, and with it kaniko, ko and cosign: each command pings, fetches one token by GET with everything it is going to need, and
/// fetches another when a 401 tells of a scope. "auth login" sends nothing at all.
/// </summary>
public sealed class CraneTests(PeopledRegistry registry) : IClassFixture<PeopledRegistry>
{
    private const string UserAgent = "crane/0.20.7 go-containerregistry/0.20.7";

    [Theory, Engines]
    public async Task Push_and_pull_with_a_token_for_both(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        await using var go = new GoClient(people.Address, UserAgent);
        var repository = new GoContainerRegistry(go, GoClient.NewName());
        var image = Image.Random();

        var challenge = Challenge.Of(await go.GetAsync("/v2/"));
        Assert.Equal(($"{people.Address}token", "registry", null, null), (challenge.Realm, challenge.Service, challenge.Scope, challenge.Error));
        await SignInAsync(go, people.Alice, [$"repository:{repository.Name}:pull,push"], $"repository:{repository.Name}:push,pull");
        await repository.PushImageAsync(image, "1");
        await repository.PullImageAsync(image, "1");
    }

    [Theory, Engines]
    public async Task Delete_is_told_that_its_token_did_not_ask_for_it_and_asks(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        var stored = people.Repository("team");
        var image = await stored.PushImageAsync("1");
        await using var go = new GoClient(people.Address, UserAgent);
        var scope = $"repository:{stored.Name}";
        await SignInAsync(go, people.Alice, [$"{scope}:pull,push"], $"{scope}:push,pull");

        var challenge = Challenge.Of(await go.DeleteAsync($"/v2/{stored.Name}/manifests/{image.Digest}"));

        Assert.Equal(($"{scope}:delete", "insufficient_scope"), (challenge.Scope, challenge.Error));
        await SignInAsync(go, people.Alice, [$"{scope}:pull,push,delete"], challenge.Scope!, $"{scope}:push,pull");
        (await go.DeleteAsync($"/v2/{stored.Name}/manifests/{image.Digest}")).IsDeleted();
    }

    [Theory, Engines]
    public async Task Delete_by_a_reader_asks_once_more_and_is_then_told_why_not(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        var stored = people.Repository("team");
        var image = await stored.PushImageAsync("1");
        await using var go = new GoClient(people.Address, UserAgent);
        var scope = $"repository:{stored.Name}";
        await SignInAsync(go, people.Bob, [$"{scope}:pull"], $"{scope}:push,pull");

        var challenge = Challenge.Of(await go.DeleteAsync($"/v2/{stored.Name}/manifests/{image.Digest}"));
        await SignInAsync(go, people.Bob, [$"{scope}:pull"], challenge.Scope!, $"{scope}:push,pull");
        var refused = (await go.DeleteAsync($"/v2/{stored.Name}/manifests/{image.Digest}")).IsError("403 Forbidden", "DENIED");

        Assert.Equal($"bob may not delete from {stored.Name}", (string)refused["message"]!);
    }

    [Theory, Engines]
    public async Task Push_by_a_reader_is_told_why_not(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        var name = GoClient.NewName();
        await using var go = new GoClient(people.Address, UserAgent);
        await SignInAsync(go, people.Bob, [$"repository:{name}:pull"], $"repository:{name}:push,pull");

        var refused = (await go.PostAsync($"/v2/{name}/blobs/uploads/", ("Content-Type", "application/json"))).IsError("403 Forbidden", "DENIED");

        Assert.Equal($"bob may not push to {name}", (string)refused["message"]!);
    }

    [Theory, Engines]
    public async Task Copy_mounts_with_a_token_for_both_repositories(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        var stored = people.Repository("other");
        var image = await stored.PushImageAsync("1");
        await using var go = new GoClient(people.Address, UserAgent);
        var target = new GoContainerRegistry(go, GoClient.NewName());
        await SignInAsync(
            go, people.Alice, [$"repository:{target.Name}:pull,push", $"repository:{stored.Name}:pull"],
            $"repository:{target.Name}:push,pull", $"repository:{stored.Name}:pull");

        foreach (var blob in Content.Blobs(image))
        {
            (await target.MountAsync(blob, stored.Name)).IsBlobCreated(target.Name, blob.Digest);
        }

        await target.PutManifestAsync(Content.Manifest(image), "1");
    }

    [Theory, Engines]
    public async Task Mount_from_what_one_may_not_see_becomes_an_upload(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        var stored = people.Repository("other");
        var image = await stored.PushImageAsync("1");
        await using var go = new GoClient(people.Address, UserAgent);
        var target = new GoContainerRegistry(go, GoClient.NewName());
        await SignInAsync(
            go, people.Robot, [$"repository:{target.Name}:pull,push"],
            $"repository:{target.Name}:push,pull", $"repository:{stored.Name}:pull");
        var blob = Content.Blobs(image).First();

        var location = (await target.MountAsync(blob, stored.Name)).IsUploadAccepted(target.Name);

        await target.StreamAsync(location, blob);
        await target.SkipAsync(blob);
    }

    [Theory, Engines]
    public async Task Catalog_shows_what_one_may_pull(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        var (mine, hidden, open) = (people.Repository("team"), people.Repository("other"), people.Repository(People.Open));
        foreach (var repository in new[] { mine, hidden, open })
        {
            await repository.PushImageAsync("1");
        }

        await using var go = new GoClient(people.Address, UserAgent);
        Assert.Equal(["registry:catalog:*"], TokenRequests.AccessOf(await SignInAsync(go, people.Bob, ["registry:catalog:*"], "registry:catalog:*")));

        var listed = (await go.GetAsync("/v2/_catalog?n=1000")).Is("200 OK").Strings("repositories");

        Assert.Contains(mine.Name, listed);
        Assert.Contains(open.Name, listed);
        Assert.DoesNotContain(hidden.Name, listed);
    }

    [Theory, Engines]
    public async Task Public_image_is_pulled_with_a_token_of_nobody(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        var stored = people.Repository(People.Open);
        var image = await stored.PushImageAsync("1");
        await using var go = new GoClient(people.Address, UserAgent);

        await SignInAsync(go, null, [$"repository:{stored.Name}:pull"], $"repository:{stored.Name}:pull");

        await new GoContainerRegistry(go, stored.Name).PullImageAsync(image, "1");
    }

    [Theory, Engines]
    public async Task Wrong_password_is_a_401_with_a_message_and_without_another_challenge_to_follow(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        await using var go = new GoClient(people.Address, UserAgent);

        var answer = await go.GetTokenAsync("scope=repository%3Ateam%2Fapp%3Apull&service=registry", people.Alice with { Secret = "not the password" });

        answer.IsError("401 Unauthorized", "UNAUTHORIZED");
        Assert.StartsWith("Basic ", Assert.Single(answer.HeaderValues("WWW-Authenticate")), StringComparison.Ordinal);
    }

    [Theory, Engines]
    public async Task Identity_token_is_used_by_POST(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        await using var go = new GoClient(people.Address, UserAgent);
        var login = await go.GetTokenAsync("account=alice&client_id=docker&offline_token=true&service=registry", people.Alice);
        var scope = $"repository:{GoClient.NewName()}:pull,push";

        var answer = await go.PostTokenAsync(
            ("access_type", "offline"), ("client_id", "go-containerregistry"), ("grant_type", "refresh_token"),
            ("refresh_token", (string)login.Json()["refresh_token"]!), ("scope", scope), ("service", "registry"));

        answer.IsToken(scope);
        Assert.Equal(scope, (string)answer.Json()["scope"]!);
    }

    // The scopes are repeated, in this order; Encode sorts by name only.
    private static async Task<string> SignInAsync(GoClient go, Account? account, string[] granted, params string[] scopes)
    {
        var query = string.Concat(scopes.Select(scope => $"scope={GoClient.Escape(scope)}&")) + "service=registry";
        var token = (await go.GetTokenAsync(query, account)).IsToken(granted);
        go.Authorization = $"Bearer {token}";
        (await go.GetAsync("/v2/")).IsPing();
        return token;
    }
}
