using Registry.Tests.Exchanges.Libraries;
using Registry.Tests.Wire;

namespace Registry.Tests.Exchanges.SignedIn;

/// <summary>oras, helm and notation (oras-go): a token when a request is answered 401, for all scopes known by then, kept for the command.</summary>
public sealed class OrasTests(PeopledRegistry registry) : IClassFixture<PeopledRegistry>
{
    private const string UserAgent = "oras/1.3.3";

    [Theory, Engines]
    public async Task Login_wants_200_for_a_token_without_any_scope(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        await using var go = new GoClient(people.Address, UserAgent);

        Assert.Null(Challenge.Of(await go.GetAsync("/v2/")).Scope);
        var token = (await go.GetTokenAsync("service=registry", people.Alice)).IsToken();

        (await go.GetAsync("/v2/", ("Authorization", $"Bearer {token}"))).IsPing();
    }

    [Theory, Engines]
    public async Task Helm_signs_in_with_the_password_grant(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        await using var go = new GoClient(people.Address, "Helm/3.19.0");
        Challenge.Of(await go.GetAsync("/v2/"));

        var answer = await go.PostTokenAsync(
            ("client_id", "oras-go"), ("grant_type", "password"), ("password", people.Robot.Secret), ("service", "registry"), ("username", people.Robot.Name));

        (await go.GetAsync("/v2/", ("Authorization", $"Bearer {answer.IsToken()}"))).IsPing();
    }

    [Theory, Engines]
    public async Task Push_takes_one_token_for_reading_and_writing(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        await using var go = new GoClient(people.Address, UserAgent);
        var repository = new OrasGo(go, GoClient.NewName());
        var (config, layer) = (Content.Random("application/vnd.oci.empty.v1+json", 2), Content.Random(Oci.LayerType));
        var manifest = Content.Manifest(config, layer);

        Assert.Equal($"repository:{repository.Name}:pull", Challenge.Of(await repository.ResolveAsync(manifest.Digest)).Scope);
        await SignInAsync(go, people.Alice, $"repository:{repository.Name}:pull,push");

        // The PUT of a blob goes with the very header that its POST went with.
        await repository.PushGraphAsync(manifest, [config, layer], "1");
        await repository.FetchManifestAsync(manifest);
    }

    [Theory, Engines]
    public async Task Copy_asks_for_source_and_target_before_it_reads(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        var stored = people.Repository("other");
        var image = await stored.PushImageAsync("1");
        await using var go = new GoClient(people.Address, UserAgent);
        var (source, target) = (new OrasGo(go, stored.Name), new OrasGo(go, GoClient.NewName()));

        Assert.Equal($"repository:{stored.Name}:pull", Challenge.Of(await source.ResolveAsync("1")).Scope);
        await SignInAsync(go, people.Alice, $"repository:{stored.Name}:pull", $"repository:{target.Name}:pull,push");
        await source.FetchManifestAsync(Content.Manifest(image));
        foreach (var blob in Content.Blobs(image))
        {
            (await target.MountAsync(blob, stored.Name)).IsBlobCreated(target.Name, blob.Digest);
        }

        await target.PushManifestAsync(Content.Manifest(image), "1");
    }

    [Theory, Engines]
    public async Task Delete_is_challenged_for_what_it_needs(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        var stored = people.Repository("team");
        var image = await stored.PushImageAsync("1");
        await using var go = new GoClient(people.Address, UserAgent);
        var repository = new OrasGo(go, stored.Name);
        Challenge.Of(await repository.ResolveAsync("1"));
        await SignInAsync(go, people.Alice, $"repository:{stored.Name}:pull");
        (await repository.ResolveAsync("1")).IsHeadOf(Content.Manifest(image));

        var challenge = Challenge.Of(await go.DeleteAsync($"/v2/{stored.Name}/manifests/{image.Digest}"));

        Assert.Equal(($"repository:{stored.Name}:delete", "insufficient_scope"), (challenge.Scope, challenge.Error));
        go.Authorization = $"Bearer {(await go.GetTokenAsync(
            TokenRequests.Form(("scope", $"repository:{stored.Name}:delete,pull"), ("service", "registry")), people.Alice)).IsToken($"repository:{stored.Name}:pull,delete")}";
        await repository.FetchManifestAsync(Content.Manifest(image));
        await repository.DeleteAsync(Content.Manifest(image));
    }

    [Theory, Engines]
    public async Task Missing_and_private_are_the_same_to_who_may_not_pull(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        var stored = people.Repository("team");
        await stored.PushImageAsync("1");
        await using var go = new GoClient(people.Address, UserAgent);
        foreach (var name in new[] { stored.Name, GoClient.NewName() })
        {
            go.Authorization = $"Bearer {(await go.GetTokenAsync(TokenRequests.Form(("scope", $"repository:{name}:pull"), ("service", "registry")), people.Mallory)).IsToken()}";

            (await new OrasGo(go, name).FetchReferenceAsync("1")).IsError("404 Not Found", "NAME_UNKNOWN");
        }
    }

    private static async Task SignInAsync(GoClient go, Account account, params string[] scopes)
    {
        var query = string.Concat(scopes.Select(scope => $"scope={GoClient.Escape(scope)}&")) + "service=registry";
        go.Authorization = $"Bearer {(await go.GetTokenAsync(query, account)).IsToken(scopes)}";
    }
}
