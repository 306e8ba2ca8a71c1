using System.Text.Json.Nodes;
using Registry.Tests.Exchanges.Libraries;
using Registry.Tests.Wire;

namespace Registry.Tests.Exchanges.SignedIn;

/// <summary>A registry whose tokens come from another server: a second one of ours, which knows the users and holds no image.</summary>
public sealed class TokenServerTests : IAsyncLifetime
{
    private const string Issuer = "https://auth.example.com";
    private const string Service = "registry.example.com";

    private People _people = null!;
    private RegistryApp _registry = null!;

    public async Task InitializeAsync()
    {
        _people = await People.InviteAsync(Engine.Sqlite, ("Tokens:Issuer", Issuer), ("Tokens:Service", Service));
        _registry = await StartAsync(Service);
    }

    public async Task DisposeAsync()
    {
        await _registry.DisposeAsync();
        await _people.DisposeAsync();
    }

    [Fact]
    public async Task Image_is_pushed_and_pulled_with_tokens_of_the_other_server()
    {
        await using var go = new GoClient(_registry.Address, "crane/0.20.7 go-containerregistry/0.20.7");
        var repository = new GoContainerRegistry(go, GoClient.NewName());
        var image = Image.Random();

        var challenge = Challenge.Of(await go.GetAsync("/v2/"));
        Assert.Equal(($"{_people.Address}token", Service), (challenge.Realm, challenge.Service));
        await SignInAsync(go, _people.Alice, repository.Name);
        await repository.PushImageAsync(image, "1");

        await SignInAsync(go, _people.Bob, repository.Name);
        await repository.PullImageAsync(image, "1");
        var refused = (await go.PostAsync($"/v2/{repository.Name}/blobs/uploads/")).IsError("403 Forbidden", "DENIED");
        Assert.Equal($"bob may not push to {repository.Name}", (string)refused["message"]!);
        Assert.Equal([repository.Name], (await CatalogAsync(_people.Bob)).Strings("repositories"));

        await SignInAsync(go, _people.Mallory, repository.Name);
        (await repository.GetManifestAsync("1")).IsError("404 Not Found", "NAME_UNKNOWN");

        // A list shows what the token allows to pull, and it has to name that: grants are on the other server.
        async Task<RawResponse> CatalogAsync(Account account)
        {
            await SignInAsync(go, account, repository.Name, "&scope=registry%3Acatalog%3A%2A");
            return (await go.GetAsync("/v2/_catalog")).Is("200 OK");
        }
    }

    [Fact]
    public async Task Token_of_nobody_pings_and_pulls_what_is_public_here()
    {
        await using var go = new GoClient(_registry.Address, "crane/0.20.7 go-containerregistry/0.20.7");
        var hidden = new GoContainerRegistry(go, GoClient.NewName());
        await SignInAsync(go, _people.Alice, hidden.Name);
        await hidden.PushImageAsync(Image.Random(), "1");

        await SignInAsync(go, null, hidden.Name);

        (await go.GetAsync("/v2/")).IsPing();
        Assert.NotEqual(200, (await hidden.GetManifestAsync("1")).Status);
        Assert.NotEqual(202, (await go.PostAsync($"/v2/{hidden.Name}/blobs/uploads/")).Status);
        using var local = CommandLine.LocalSocket.CreateClient(_registry.DataDirectory);
        using (await local.PatchAsync("/api/v1/namespaces/team", new StringContent("""{"visibility":"public"}""", null, "application/json")))
        {
            (await hidden.GetManifestAsync("1")).Is("200 OK");
        }
    }

    [Fact]
    public async Task S23_Upload_belongs_to_whom_the_other_server_has_named()
    {
        await using var go = new GoClient(_registry.Address, "crane/0.20.7 go-containerregistry/0.20.7");
        await SignInAsync(go, _people.Alice, "team/app");
        var location = (await go.PostAsync("/v2/team/app/blobs/uploads/")).Is("202 Accepted").Header("Location")!;

        await SignInAsync(go, _people.Accounts.Administrator, "team/app");
        (await go.GetAsync(location)).IsError("404 Not Found", "BLOB_UPLOAD_UNKNOWN");

        await SignInAsync(go, _people.Alice, "team/app");
        (await go.GetAsync(location)).Is("204 No Content");
    }

    [Fact]
    public async Task Token_for_another_service_is_refused()
    {
        await using var other = await StartAsync("another.example.com");
        await using var go = new GoClient(other.Address, "crane/0.20.7 go-containerregistry/0.20.7");
        await SignInAsync(go, _people.Alice, "team/app");

        Assert.Equal("invalid_token", Challenge.Of(await go.GetAsync("/v2/")).Error);
        Assert.Equal("invalid_token", Challenge.Of(await go.PostAsync("/v2/team/app/blobs/uploads/")).Error);
    }

    [Fact]
    public async Task Token_of_this_registry_itself_is_none_of_the_other_server()
    {
        await using var go = new GoClient(_people.Address, "crane/0.20.7 go-containerregistry/0.20.7");
        var own = (string)JsonNode.Parse((await RawHttp.RequestAsync(_registry.Address, "GET /token?service=registry.example.com HTTP/1.1")).Body)!["token"]!;

        Assert.Equal("invalid_token", Challenge.Of(await go.GetAsync("/v2/", ("Authorization", $"Bearer {own}"))).Error);
    }

    [Fact]
    [Trait("Needs", "time")]
    public async Task Keys_of_the_other_server_change_without_a_refused_request()
    {
        await using var go = new GoClient(_registry.Address, "crane/0.20.7 go-containerregistry/0.20.7");
        var repository = new GoContainerRegistry(go, GoClient.NewName());
        await SignInAsync(go, _people.Alice, repository.Name);
        await repository.PushImageAsync(Image.Random(), "1");
        var (old, first) = (KeyOf(go.Authorization!), go.Authorization);
        await _people.Accounts.SendAsync(HttpMethod.Post, "/keys/rotate");

        // The new key signs when it has been known for a minute.
        var guard = System.Diagnostics.Stopwatch.StartNew();
        while (KeyOf(go.Authorization!) == old)
        {
            Assert.True(guard.Elapsed < TimeSpan.FromMinutes(2), "the new key never signs");
            await SignInAsync(go, _people.Alice, repository.Name);
            (await repository.HeadManifestAsync("1")).Is("200 OK");
            await Task.Delay(100);
        }

        go.Authorization = first;
        (await repository.HeadManifestAsync("1")).Is("200 OK");
    }

    [Fact]
    [Trait("Needs", "clients")]
    public async Task Skopeo_signs_in_at_the_other_server_with_the_login_of_the_registry()
    {
        using var directory = new TemporaryDirectory();
        var image = Image.Random();
        var source = Clients.DirectoryLayout.Write(directory.File("in"), image);
        var name = Clients.Skopeo.Remote(_registry.Address, GoClient.NewName(), ":1");

        await Clients.Skopeo.CopyExactlyAsync(source.Name, name, $"--dest-creds={_people.Robot.Name}:{_people.Robot.Secret}");

        using var inspected = System.Text.Json.JsonDocument.Parse(
            await Clients.Skopeo.InspectAsync(name, $"--creds={_people.Bob.Name}:{_people.Bob.Secret}"));
        Assert.Equal(image.Digest, inspected.RootElement.GetProperty("Digest").GetString());
    }

    private static string KeyOf(string authorization) =>
        (string)JsonNode.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(authorization["Bearer ".Length..].Split('.')[0]))!["kid"]!;

    private Task<RegistryApp> StartAsync(string service) => RegistryApp.StartAsync(
        Engine.Sqlite,
        ("Tokens:Service", service),
        ("Tokens:Realm", $"{_people.Address}token"),
        ("Tokens:Trusted:0:Issuer", Issuer),
        ("Tokens:Trusted:0:Keys", $"{_people.Address}.well-known/jwks.json"));

    private async Task SignInAsync(GoClient go, Account? account, string name, string more = "")
    {
        await using var server = new GoClient(_people.Address, "crane/0.20.7 go-containerregistry/0.20.7");
        var answer = await server.GetTokenAsync($"scope=repository%3A{GoClient.Escape(name)}%3Apush%2Cpull{more}&service={Service}", account);
        go.Authorization = $"Bearer {(string)answer.Is("200 OK").Json()["token"]!}";
    }
}
