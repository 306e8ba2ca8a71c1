using System.Text.Json;
using Registry.Tests.Wire;

namespace Registry.Tests.Clients;

/// <summary>docker, signed in and not: each test has a configuration of its own.</summary>
[Collection(DockerCollection.Name)]
[Trait("Needs", "clients")]
public sealed class DockerSignedInTests(DockerDaemon docker, PeopledRegistry registry) : IClassFixture<PeopledRegistry>, IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory, Engines]
    public async Task Login_with_a_password_keeps_a_refresh_token_that_pushes_and_pulls_until_logout(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        var (repository, image) = await LoadAsync(people, "team");
        var name = $"{people.NameOf(repository)}:1.0";

        await LoginAsync(people, people.Alice);
        Assert.StartsWith("rgf_", Stored(people).GetProperty("identitytoken").GetString(), StringComparison.Ordinal);
        await RunAsync("push", name);
        await repository.AssertHoldsAsync("1.0", image);
        await docker.ForgetAsync();
        await RunAsync("pull", name);
        Assert.Equal(image.Config.Digest, await docker.IdAsync(name));

        await RunAsync("logout", people.Address.Authority);
        Assert.Contains("pull access denied", await FailAsync("pull", name), StringComparison.Ordinal);
    }

    [Theory, Engines]
    public async Task Access_token_and_secret_of_a_robot_are_passwords_to_docker(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        foreach (var account in new[] { people.Robot, await people.Accounts.TokenAsync(people.Alice) })
        {
            var (repository, image) = await LoadAsync(people, "team");

            await LoginAsync(people, account);

            Assert.False(Stored(people).TryGetProperty("identitytoken", out _));
            await RunAsync("push", $"{people.NameOf(repository)}:1.0");
            await repository.AssertHoldsAsync("1.0", image);
        }
    }

    [Theory, Engines]
    public async Task Public_image_is_pushed_signed_in_and_pulled_by_nobody(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        var (repository, image) = await LoadAsync(people, People.Open);
        var name = $"{people.NameOf(repository)}:1.0";
        await LoginAsync(people, people.Alice);
        await RunAsync("push", name);
        await RunAsync("logout", people.Address.Authority);
        await docker.ForgetAsync();

        await RunAsync("pull", name);

        Assert.Equal(image.Config.Digest, await docker.IdAsync(name));
        Assert.Contains("denied", await FailAsync("push", name), StringComparison.Ordinal);
    }

    [Theory, Engines]
    public async Task Refused_people_are_told_why(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        var (repository, _) = await LoadAsync(people, "team");
        var name = $"{people.NameOf(repository)}:1.0";
        await repository.PushImageAsync("2.0");

        Assert.Contains("pull access denied", await FailAsync("pull", $"{people.NameOf(repository)}:2.0"), StringComparison.Ordinal);
        Assert.Contains(
            "unauthorized: the credentials are wrong, have expired or were revoked",
            await FailAsync("login", "--username", "bob", "--password", "guessed", people.Address.Authority), StringComparison.Ordinal);
        await LoginAsync(people, people.Bob);
        Assert.Contains($"denied: bob may not push to {repository.Name}", await FailAsync("push", name), StringComparison.Ordinal);
        await LoginAsync(people, people.Mallory);
        Assert.Contains($"denied: mallory may not push to {repository.Name}", await FailAsync("push", name), StringComparison.Ordinal);
        Assert.Contains("not found", await FailAsync("pull", $"{people.NameOf(repository)}:2.0"), StringComparison.Ordinal);
    }

    [Theory, Engines]
    public async Task Layers_of_a_repository_one_may_not_pull_are_pushed_once_more_and_others_mounted(Engine engine)
    {
        const int layerSize = 200_000;
        var people = await registry.PeopleAsync(engine);
        await using var counted = CuttingProxy.To(people.Address);
        var (source, mounted, pushed) = (people.Repository("other"), people.Repository("team"), people.Repository("team"));
        var image = Image.Random(layers: 2, layerSize);
        await docker.LoadAsync(image, NameOf(source));
        await LoginAsync(counted.Address, people.Alice);
        await RunAsync("push", NameOf(source));

        // The daemon remembers every repository that the layers are in, so the one that must not be mounted from comes first.
        var (output, sent) = await PushAsAsync(people.Robot, pushed);
        Assert.DoesNotContain("Mounted from", output, StringComparison.Ordinal);
        Assert.Contains(": Pushed", output, StringComparison.Ordinal);
        Assert.True(sent > 2 * layerSize, $"two layers of {layerSize} bytes were pushed with {sent}");
        await pushed.AssertHoldsAsync("1.0", image);

        (output, sent) = await PushAsAsync(people.Alice, mounted);
        Assert.Contains("Mounted from", output, StringComparison.Ordinal);
        Assert.DoesNotContain(": Pushed", output, StringComparison.Ordinal);
        Assert.True(sent < layerSize, $"two layers of {layerSize} bytes were mounted with {sent}");
        await mounted.AssertHoldsAsync("1.0", image);

        string NameOf(RepositoryClient repository) => $"{counted.Address.Authority}/{repository.Name}:1.0";

        async Task<(string Output, long Sent)> PushAsAsync(Account account, RepositoryClient target)
        {
            await LoginAsync(counted.Address, account);
            await RunAsync("tag", NameOf(source), NameOf(target));
            var before = counted.Pushed;
            return (await RunAsync("push", NameOf(target)), counted.Pushed - before);
        }
    }

    [Theory, Engines]
    public async Task Search_finds_what_one_may_pull(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        var (mine, hidden) = (people.Repository("team"), people.Repository("other"));
        await mine.PushImageAsync("1.0");
        await hidden.PushImageAsync("1.0");
        await LoginAsync(people, people.Bob);

        Assert.Equal(mine.Name, await SearchAsync(mine));
        Assert.Equal("", await SearchAsync(hidden));

        async Task<string> SearchAsync(RepositoryClient repository) =>
            (await RunAsync("search", "--format={{.Name}}", $"{people.Address.Authority}/{repository.Name[^20..]}")).Trim();
    }

    private async Task<(RepositoryClient Repository, Image Image)> LoadAsync(People people, string space)
    {
        var (repository, image) = (people.Repository(space), Image.Random());
        await docker.LoadAsync(image, $"{people.NameOf(repository)}:1.0");
        return (repository, image);
    }

    private Task LoginAsync(People people, Account account) => LoginAsync(people.Address, account);

    private Task LoginAsync(Uri address, Account account) =>
        RunAsync("login", "--username", account.Name, "--password", account.Secret, address.Authority);

    // What docker has written down of a login.
    private JsonElement Stored(People people)
    {
        var config = JsonSerializer.Deserialize<JsonElement>(File.ReadAllText(_directory.File("config.json")));
        return config.GetProperty("auths").GetProperty(people.Address.Authority);
    }

    private Task<string> RunAsync(params string[] arguments) => docker.RunAsync(["--config", _directory.Path, .. arguments]);

    private Task<string> FailAsync(params string[] arguments) => docker.FailAsync(["--config", _directory.Path, .. arguments]);
}
