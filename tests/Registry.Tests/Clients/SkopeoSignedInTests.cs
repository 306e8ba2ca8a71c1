using System.Text.Json;
using Registry.Tests.Wire;

namespace Registry.Tests.Clients;

/// <summary>skopeo, signed in and not.</summary>
[Trait("Needs", "clients")]
public sealed class SkopeoSignedInTests(PeopledRegistry registry) : IClassFixture<PeopledRegistry>, IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory, Engines]
    public async Task Login_copies_and_inspects_and_deletes_until_logout(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        var (repository, image) = (people.Repository("team"), Image.Random());
        var source = DirectoryLayout.Write(_directory.File("in"), image);
        var name = Skopeo.Remote(people.Address, repository.Name, ":1.0");

        await LoginAsync(people, people.Alice);
        await Skopeo.CopyExactlyAsync(source.Name, name, AuthFile);
        using (var inspected = JsonDocument.Parse(await Skopeo.InspectAsync(name, AuthFile)))
        {
            Assert.Equal(image.Digest, inspected.RootElement.GetProperty("Digest").GetString());
        }

        // It asks for every action.
        await RunAsync("delete", "--tls-verify=false", AuthFile, name);
        using var gone = await repository.HeadManifestAsync(image.Digest);
        Assert.Equal(System.Net.HttpStatusCode.NotFound, gone.StatusCode);
    }

    [Theory, Engines]
    public async Task Copy_between_repositories_mounts_and_copies_what_it_may_not_mount(Engine engine)
    {
        const int layerSize = 200_000;
        var people = await registry.PeopleAsync(engine);
        await using var counted = CuttingProxy.To(people.Address);
        var stored = people.Repository("other");
        var image = Image.Random(layers: 2, layerSize);
        await stored.PushImageAsync(image, "1.0");
        var layout = new DirectoryLayout(_directory.File("out"));

        // What it has pulled or pushed it knows where to mount from, so the one that must not mount comes first.
        await Skopeo.CopyExactlyAsync(Skopeo.Remote(counted.Address, stored.Name, ":1.0"), layout.Name, CredentialsOf("src", people.Alice));
        Assert.InRange(await CopyAsAsync(people.Robot), 2 * layerSize, long.MaxValue);
        Assert.InRange(await CopyAsAsync(people.Alice), 0, layerSize);

        async Task<long> CopyAsAsync(Account account)
        {
            var (target, before) = (people.Repository("team"), counted.Pushed);
            await Skopeo.CopyExactlyAsync(layout.Name, Skopeo.Remote(counted.Address, target.Name, ":1.0"), CredentialsOf("dest", account));
            using var head = await target.HeadManifestAsync("1.0");
            Assert.Equal(image.Digest, OciAssert.Header(head, "Docker-Content-Digest"));
            return counted.Pushed - before;
        }
    }

    [Theory, Engines]
    public async Task Public_image_is_inspected_by_nobody(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        var repository = people.Repository(People.Open);
        var image = await repository.PushImageAsync("1.0");

        using var inspected = JsonDocument.Parse(await Skopeo.InspectAsync(Skopeo.Remote(people.Address, repository.Name, ":1.0")));

        Assert.Equal(image.Digest, inspected.RootElement.GetProperty("Digest").GetString());
    }

    [Theory, Engines]
    public async Task Refused_people_are_told_why(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        var repository = people.Repository("team");
        await repository.PushImageAsync("1.0");
        var source = DirectoryLayout.Write(_directory.File("in"), Image.Random());
        var name = Skopeo.Remote(people.Address, repository.Name, ":1.0");

        Assert.Contains("requested access to the resource is denied", await Skopeo.FailAsync("inspect", "--tls-verify=false", name), StringComparison.Ordinal);
        Assert.Contains(
            "invalid username/password",
            await Skopeo.FailAsync("login", "--tls-verify=false", AuthFile, "--username=bob", "--password=guessed", people.Address.Authority), StringComparison.Ordinal);
        await LoginAsync(people, people.Bob);
        Assert.Contains(
            $"denied: bob may not push to {repository.Name}",
            await Skopeo.FailAsync("copy", "--dest-tls-verify=false", AuthFile, source.Name, name), StringComparison.Ordinal);
        Assert.Contains(
            $"bob may not delete from {repository.Name}", await Skopeo.FailAsync("delete", "--tls-verify=false", AuthFile, name), StringComparison.Ordinal);
        await LoginAsync(people, people.Mallory);
        Assert.Contains("name unknown", await Skopeo.FailAsync("inspect", "--tls-verify=false", AuthFile, name), StringComparison.Ordinal);
    }

    private string AuthFile => $"--authfile={_directory.File("auth.json")}";

    private static string CredentialsOf(string side, Account account) => $"--{side}-creds={account.Name}:{account.Secret}";

    private Task LoginAsync(People people, Account account) =>
        RunAsync("login", "--tls-verify=false", AuthFile, $"--username={account.Name}", $"--password={account.Secret}", people.Address.Authority);

    private static Task<string> RunAsync(params string[] arguments) => ChildProcess.RunAsync("skopeo", ["--insecure-policy", .. arguments]);
}
