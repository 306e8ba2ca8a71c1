using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Registry.CommandLine;

namespace Registry.Tests.Clients;

/// <summary>What docs/authentication.md tells people to do does what it says.</summary>
[Collection(DockerCollection.Name)]
[Trait("Needs", "clients")]
public sealed partial class RecipeTests(DockerDaemon docker)
{
    // What "htpasswd -nB carol" says of the password that is hers in all tests.
    private const string Htpasswd = "carol:$2y$05$BCryptRequires22ChrctezOqbUqx6nFjpVfvmmjGjhG7AnIgfIVG\n";

    [Fact]
    public async Task A_private_registry_its_robots_and_its_imported_users_come_from_the_commands_of_the_document()
    {
        await using var installation = await RegistryProcess.CreateAsync();
        var address = new Uri($"http://127.0.0.1:{Ports.Next()}/");
        await using var registry = ChildProcess.Start(
            "dotnet", [Path.Combine(AppContext.BaseDirectory, "registry.dll"), $"--urls=http://0.0.0.0:{address.Port}", $"--DataDirectory={installation.DataDirectory}"]);
        await Eventually.TrueAsync(() => Task.FromResult(SetupToken.IsMatch(registry.Errors)), () => $"a set-up token is printed\n{registry.Errors}");
        using var recipe = new Recipe(address, installation.DataDirectory, docker);
        await File.WriteAllTextAsync(recipe.File("setup.token"), SetupToken.Match(registry.Errors).Value + "\n");
        await File.WriteAllTextAsync(recipe.File("htpasswd"), Htpasswd);
        var image = Image.Random();
        await docker.LoadAsync(image, "hello-world:latest");
        using var local = LocalSocket.CreateClient(installation.DataDirectory);
        using var client = new HttpClient { BaseAddress = address };

        await recipe.RunAsync("A private registry in five minutes");
        await new RepositoryClient(local, "team/hello").AssertHoldsAsync("latest", image);
        Assert.Equal(HttpStatusCode.OK, await WhoamiAsync("bob", Accounts.PasswordOf("bob")));
        using (var refused = await new RepositoryClient(client, "team/hello").GetManifestAsync("latest"))
        {
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        }

        await recipe.RunAsync("Robots for CI");
        await new RepositoryClient(local, "team/app-web").AssertHoldsAsync("1", image);
        Assert.Equal(HttpStatusCode.OK, await WhoamiAsync("team+ci", (await File.ReadAllTextAsync(recipe.File("ci.secret"))).Trim()));

        await recipe.RunAsync("Kubernetes");
        var pulled = await Skopeo.InspectAsync(Skopeo.Remote(address, "team/hello", ":latest"), "--config", $"--authfile={recipe.File("dockerconfig.json")}");
        Assert.Equal("linux", JsonDocument.Parse(pulled).RootElement.GetProperty("os").GetString());

        await recipe.RunAsync("From an htpasswd file");
        Assert.Equal(HttpStatusCode.OK, await WhoamiAsync("carol", Accounts.PasswordOf("carol")));

        async Task<HttpStatusCode> WhoamiAsync(string name, string secret)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "api/v1/whoami") { Headers = { Authorization = new Account(name, secret).Basic } };
            using var response = await client.SendAsync(request);
            return response.StatusCode;
        }
    }

    [Fact]
    public async Task A_registry_takes_tokens_of_another_with_the_settings_of_the_document()
    {
        var starts = Recipe.Starts("External token servers");
        Assert.Equal(2, starts.Count);
        await using var server = await RegistryApp.StartAsync(Engine.Sqlite, Here(starts[0], null));
        await using var registry = await RegistryApp.StartAsync(Engine.Sqlite, Here(starts[1], server.Address));
        using var accounts = await Accounts.CreateAsync(server);
        var alice = await accounts.UserAsync("alice", "writer", "team/*");
        using var directory = new TemporaryDirectory();

        await Skopeo.CopyExactlyAsync(
            DirectoryLayout.Write(directory.File("in"), Image.Random()).Name, Skopeo.Remote(registry.Address, "team/app", ":1"),
            $"--dest-creds={alice.Name}:{alice.Secret}");

        static (string, string)[] Here((string Key, string Value)[] settings, Uri? server) => [.. settings
            .Where(setting => setting.Key != "urls")
            .Select(setting => (setting.Key, setting.Key.EndsWith("Issuer", StringComparison.Ordinal) ? setting.Value
                : setting.Value.Replace("https://auth.example.com/", $"{server}", StringComparison.Ordinal)))];
    }

    [GeneratedRegex("rgs_[A-Za-z0-9_-]{43}")]
    private static partial Regex SetupToken { get; }
}
