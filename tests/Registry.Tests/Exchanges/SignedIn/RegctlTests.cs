using Registry.Tests.Exchanges.Libraries;
using Registry.Tests.Wire;

namespace Registry.Tests.Exchanges.SignedIn;

/// <summary>regctl (regclient): begins with pull, and adds whatever a challenge names to the scopes of the repository.</summary>
public sealed class RegctlTests(PeopledRegistry registry) : IClassFixture<PeopledRegistry>
{
    private const string Client = "regclient/regctl";

    [Theory, Engines]
    public async Task Login_asks_for_nobodys_token_first(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        await using var go = new GoClient(people.Address, Client);

        Challenge.Of(await go.GetAsync("/v2/"));
        (await go.GetTokenAsync(TokenRequests.Form(("client_id", Client), ("service", "registry")))).IsToken();
        var token = (await go.GetTokenAsync(TokenRequests.Form(("account", "alice"), ("client_id", Client), ("service", "registry")), people.Alice)).IsToken();

        (await go.GetAsync("/v2/", ("Authorization", $"Bearer {token}"))).IsPing();
    }

    [Theory, Engines]
    public async Task Push_begins_with_a_token_for_pull_and_is_challenged_for_push(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        await using var go = new GoClient(people.Address, Client);
        var repository = new Regclient(go, GoClient.NewName());
        var scope = $"repository:{repository.Name}";
        Assert.Equal($"{scope}:pull", Challenge.Of(await repository.HeadManifestAsync("1")).Scope);
        await SignInAsync(go, people.Alice, [$"{scope}:pull"], $"{scope}:pull");
        (await repository.HeadManifestAsync("1")).Is("404 Not Found");

        var challenge = Challenge.Of(await go.PostAsync($"/v2/{repository.Name}/blobs/uploads/"));

        Assert.Equal(($"{scope}:pull,push", "insufficient_scope"), (challenge.Scope, challenge.Error));
        await SignInAsync(go, people.Alice, [$"{scope}:pull,push"], $"{scope}:pull,push");
        await repository.PutImageAsync(Image.Random(), "1");
    }

    [Theory, Engines]
    public async Task Mount_is_a_201_once_the_token_knows_the_source(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        var stored = people.Repository("other");
        var image = await stored.PushImageAsync("1");
        await using var go = new GoClient(people.Address, Client);
        var repository = new Regclient(go, GoClient.NewName());
        var (own, source) = ($"repository:{repository.Name}:pull,push", $"repository:{stored.Name}:pull");
        var digest = image.Config.Digest;

        Assert.Equal($"{own} {source}", Challenge.Of(await repository.MountAsync(digest, stored.Name)).Scope);
        await SignInAsync(go, people.Alice, [own], own);
        (await repository.MountAsync(digest, stored.Name)).IsUploadAccepted(repository.Name);
        await SignInAsync(go, people.Alice, [own, source], own, source);

        (await repository.MountAsync(digest, stored.Name)).IsBlobCreated(repository.Name, digest);
    }

    [Theory, Engines]
    public async Task Mount_without_a_source_takes_nothing_from_repositories_one_may_not_see(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        var stored = people.Repository("other");
        var image = await stored.PushImageAsync("1");
        await using var go = new GoClient(people.Address, Client);
        var repository = new Regclient(go, GoClient.NewName());
        var own = $"repository:{repository.Name}:pull,push";
        await SignInAsync(go, people.Robot, [own], own);

        (await repository.MountAsync(image.Config.Digest)).IsUploadAccepted(repository.Name);
    }

    [Theory, Engines]
    public async Task Delete_by_tag_adds_the_challenge_to_what_it_has(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        var stored = people.Repository("team");
        await stored.PushImageAsync("1");
        await using var go = new GoClient(people.Address, Client);
        var repository = new Regclient(go, stored.Name);
        await SignInAsync(go, people.Alice, [$"repository:{stored.Name}:pull,push"], $"repository:{stored.Name}:pull,push");

        Assert.Equal($"repository:{stored.Name}:delete", Challenge.Of(await repository.DeleteManifestAsync("1")).Scope);
        await SignInAsync(go, people.Alice, [$"repository:{stored.Name}:pull,push,delete"], $"repository:{stored.Name}:delete,pull,push");

        (await repository.DeleteManifestAsync("1")).IsDeleted();
    }

    private static async Task SignInAsync(GoClient go, Account account, string[] granted, params string[] scopes)
    {
        var query = $"account={GoClient.Escape(account.Name)}&client_id={GoClient.Escape(Client)}"
            + string.Concat(scopes.Select(scope => $"&scope={GoClient.Escape(scope)}")) + "&service=registry";
        go.Authorization = $"Bearer {(await go.GetTokenAsync(query, account)).IsToken(granted)}";
    }
}
