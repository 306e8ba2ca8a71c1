using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Registry.CommandLine;
using Registry.Tests.Edge;
using Registry.Tests.Wire;

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

    [Fact]
    public async Task A_registry_does_TLS_with_the_settings_of_the_document_and_goes_on_with_new_files()
    {
        using var authority = Authority.Create("Root");
        using var first = authority.Server();
        using var next = authority.Server();
        using var files = new TlsFolder(first);
        var port = Ports.Next();
        var settings = Recipe.Starts("TLS")[0].Select(setting => (setting.Key, setting.Value
            .Replace("/etc/registry", files.Folder, StringComparison.Ordinal)
            .Replace("0.0.0.0:443", $"127.0.0.1:{port}", StringComparison.Ordinal)));
        await using var registry = await RegistryApp.StartAsync(Engine.Sqlite, [.. settings]);
        using var accounts = await Accounts.CreateAsync(registry);
        var alice = await accounts.UserAsync("alice", "writer", "team/*");
        using var directory = new TemporaryDirectory();
        var image = Image.Random();
        var trusted = Directory.CreateDirectory(directory.File("trusted")).FullName;
        await File.WriteAllTextAsync(Path.Combine(trusted, "ca.crt"), authority.Pem);
        string[] push =
        [
            "copy", "--preserve-digests", $"--dest-creds={alice.Name}:{alice.Secret}",
            DirectoryLayout.Write(directory.File("in"), image).Name, $"docker://127.0.0.1:{port}/team/app:1",
        ];

        Assert.Contains("certificate signed by unknown authority", await Skopeo.FailAsync(push), StringComparison.Ordinal);
        await ChildProcess.RunAsync("skopeo", ["--insecure-policy", .. push, $"--dest-cert-dir={trusted}"]);
        using var head = await new RepositoryClient(accounts.Local, "team/app").HeadManifestAsync("1");
        Assert.Equal(image.Digest, OciAssert.Header(head, "Docker-Content-Digest"));

        files.Write(next);
        await Eventually.TrueAsync(
            async () =>
            {
                using var served = await TlsRegistry.CertificateAsync(new Uri($"https://127.0.0.1:{port}/"));
                return served.Thumbprint == next.Thumbprint;
            },
            "new connections are given the new certificate");
    }

    [Fact]
    public async Task A_proxy_does_TLS_with_the_settings_of_the_document()
    {
        var settings = Recipe.Starts("TLS")[1].Where(setting => setting.Key != "urls")
            .Select(setting => (setting.Key, setting.Value.Replace("10.0.0.2", "127.0.0.1", StringComparison.Ordinal)));
        await using var registry = await RegistryApp.StartAsync(Engine.Sqlite, [.. settings]);
        using var accounts = await Accounts.CreateAsync(registry);

        (await AskAsync("https", accounts.Administrator)).Is(200);
        (await AskAsync("http", accounts.Administrator)).IsError(403, "DENIED");
        var challenge = (await AskAsync("https", null)).Is(401)["WWW-Authenticate"];
        Assert.Contains("realm=\"https://registry.example.com/token\"", challenge, StringComparison.Ordinal);

        Task<Answer> AskAsync(string scheme, Account? account) => registry.Client.SendAsync("GET", "/v2/", [
            ("X-Forwarded-For", "192.0.2.1"), ("X-Forwarded-Proto", scheme), .. account is null ? Array.Empty<(string, string)>() : [("Authorization", $"{account.Basic}")]]);
    }

    [GeneratedRegex("rgs_[A-Za-z0-9_-]{43}")]
    private static partial Regex SetupToken { get; }
}
