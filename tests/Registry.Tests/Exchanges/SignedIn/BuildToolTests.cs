using System.Text.Json.Nodes;
using Registry.Tests.Exchanges.Libraries;
using Registry.Tests.Wire;

namespace Registry.Tests.Exchanges.SignedIn;

/// <summary>Clients that are picky about one thing each: Jib, the .NET SDK, the Docker puller of Mesos, cosign.</summary>
public sealed class BuildToolTests(PeopledRegistry registry) : IClassFixture<PeopledRegistry>
{
    [Theory, Engines]
    public async Task Jib_reads_in_the_token_whether_it_may_mount(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        var (source, hidden) = (people.Repository("team"), people.Repository("other"));
        await source.PushImageAsync("base");
        await hidden.PushImageAsync("base");
        await using var go = new GoClient(people.Address, "jib 3.4.6 jib-maven-plugin");
        var target = GoClient.NewName();

        Assert.True(MayMount(await TokenAsync(source.Name), source.Name));
        Assert.False(MayMount(await TokenAsync(hidden.Name), hidden.Name));

        async Task<string> TokenAsync(string from) => (string)(await go.GetTokenAsync(
            $"service=registry&scope=repository:{target}:pull,push&scope=repository:{from}:pull", people.Robot)).Is("200 OK").Json()["token"]!;

        static bool MayMount(string token, string name) => TokenRequests.PayloadOf(token)["access"]!.AsArray().Any(entry =>
            (string?)entry!["type"] == "repository" && (string?)entry["name"] == name && entry["actions"]!.AsArray().Any(action => (string?)action == "pull"));
    }

    [Theory, Engines]
    public async Task Dotnet_SDK_sends_the_scope_back_as_it_came_and_keeps_one_token_for_the_registry(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        var stored = people.Repository(People.Open);
        var image = await stored.PushImageAsync("10.0");
        await using var go = new GoClient(people.Address, ".NET Container Library");
        var repository = new GoContainerRegistry(go, GoClient.NewName());

        // The token for the base image is tried for the push, which must be a 401 and not the end.
        go.Authorization = await TokenAsync($"repository:{stored.Name}:pull", people.Alice);
        (await go.GetAsync($"/v2/{stored.Name}/manifests/10.0", ("Accept", "application/json"), ("Accept", image.MediaType))).IsManifest(Content.Manifest(image));
        var start = $"/v2/{repository.Name}/blobs/uploads/?mount={GoClient.Escape(image.Config.Digest)}&from={GoClient.Escape(stored.Name)}";
        var challenge = Challenge.Of(await go.PostAsync(start));
        Assert.Equal($"repository:{repository.Name}:pull,push repository:{stored.Name}:pull", challenge.Scope);
        go.Authorization = await TokenAsync(challenge.Scope!, people.Alice);

        (await go.PostAsync(start)).IsBlobCreated(repository.Name, image.Config.Digest);

        async Task<string> TokenAsync(string scope, Account account) => $"Bearer {(await go.GetTokenAsync(
            $"service=registry&scope={Uri.EscapeDataString(scope)}", account)).IsToken(scope.Split(' '))}";
    }

    [Theory, Engines]
    public async Task Mesos_puts_the_scope_into_the_address_as_it_is_and_reads_nothing_but_the_token(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        var stored = people.Repository("team");
        var image = await stored.PushImageAsync("1");
        await using var go = new GoClient(people.Address, "curl/7.29.0");
        var repository = new GoContainerRegistry(go, stored.Name);
        var challenge = Challenge.Of(await repository.GetManifestAsync("1"));

        var answer = await go.GetTokenAsync($"service={challenge.Service}&scope={challenge.Scope}", people.Bob);
        go.Authorization = $"Bearer {(string)JsonNode.Parse(answer.Body)!["token"]!}";

        await repository.PullImageAsync(image, "1");
    }

    [Theory, Engines]
    public async Task Cosign_signs_with_a_token_for_both_and_a_reader_verifies(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        var stored = people.Repository("team");
        var image = await stored.PushImageAsync("1");
        await using var go = new GoClient(people.Address, "cosign/v3.1.1 go-containerregistry/0.20.7");
        var repository = new GoContainerRegistry(go, stored.Name);
        var payload = Content.Random("application/vnd.dev.cosign.simplesigning.v1+json", 240);
        var config = Content.Json(Oci.ConfigType, new { architecture = "", created = "0001-01-01T00:00:00Z", os = "" });
        var signature = Content.Manifest(config, payload);
        var tag = $"{image.Digest.Replace(':', '-')}.sig";

        await SignInAsync(people.Alice, "push,pull", "pull,push");
        (await repository.HeadManifestAsync("1")).IsHeadOf(Content.Manifest(image));
        (await repository.GetManifestAsync(tag)).IsError("404 Not Found", "MANIFEST_UNKNOWN");
        await repository.UploadAsync(payload);
        await repository.UploadAsync(config);
        await repository.PutManifestAsync(signature, tag);

        await SignInAsync(people.Bob, "pull", "pull");
        (await repository.GetManifestAsync(tag)).IsManifest(signature);
        await repository.GetBlobAsync(payload);

        async Task SignInAsync(Account account, string asked, string granted)
        {
            var query = TokenRequests.Form(("scope", $"repository:{stored.Name}:{asked}"), ("service", "registry"));
            go.Authorization = $"Bearer {(await go.GetTokenAsync(query, account)).IsToken($"repository:{stored.Name}:{granted}")}";
            await repository.PingAsync();
        }
    }
}
