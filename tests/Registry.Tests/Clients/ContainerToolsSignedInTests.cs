using System.Text.Json;
using Registry.Tests.Wire;

namespace Registry.Tests.Clients;

/// <summary>podman and buildah, signed in and not.</summary>
[Trait("Needs", "clients")]
public sealed class ContainerToolsSignedInTests(PeopledRegistry registry) : IClassFixture<PeopledRegistry>, IDisposable
{
    private readonly ContainerTools _tools = new();

    public void Dispose() => _tools.Dispose();

    [Theory]
    [Engines("podman")]
    [Engines("buildah")]
    public async Task Login_pushes_and_pulls_until_logout(Engine engine, string program)
    {
        var people = await registry.PeopleAsync(engine);
        var (repository, image) = (people.Repository("team"), Image.Random());
        var name = $"{people.NameOf(repository)}:1.0";
        var id = await _tools.LoadAsync(program, image);
        foreach (var account in new[] { people.Alice, people.Robot, await people.Accounts.TokenAsync(people.Alice) })
        {
            await LoginAsync(program, people, account);
            await _tools.PushAsync(program, id, name);
            await repository.AssertHoldsAsync("1.0", image);
        }

        await _tools.ForgetAsync(program);
        Assert.Equal(image.Config.Digest, await _tools.PullAsync(program, name));

        await _tools.RunAsync(program, "logout", people.Address.Authority);
        await _tools.ForgetAsync(program);
        Assert.Contains("denied", await FailAsync(program, "pull", name), StringComparison.Ordinal);
    }

    [Theory]
    [Engines("podman")]
    [Engines("buildah")]
    public async Task Public_image_is_pulled_by_nobody(Engine engine, string program)
    {
        var people = await registry.PeopleAsync(engine);
        var repository = people.Repository(People.Open);
        var image = await repository.PushImageAsync("1.0");

        Assert.Equal(image.Config.Digest, await _tools.PullAsync(program, $"{people.NameOf(repository)}:1.0"));
    }

    [Theory]
    [Engines("podman")]
    [Engines("buildah")]
    public async Task Refused_people_are_told_why(Engine engine, string program)
    {
        var people = await registry.PeopleAsync(engine);
        var repository = people.Repository("team");
        var name = people.NameOf(repository);
        await repository.PushImageAsync("1.0");
        var id = await _tools.LoadAsync(program, Image.Random());

        Assert.Contains(
            "invalid username/password",
            await _tools.FailAsync(program, "login", "--tls-verify=false", "--username=bob", "--password=guessed", people.Address.Authority), StringComparison.Ordinal);
        await LoginAsync(program, people, people.Bob);
        Assert.Contains(
            $"denied: bob may not push to {repository.Name}",
            await _tools.FailAsync(program, "push", "--tls-verify=false", id, $"docker://{name}:2.0"), StringComparison.Ordinal);
        await LoginAsync(program, people, people.Mallory);
        Assert.Contains("name unknown", await FailAsync(program, "pull", $"{name}:1.0"), StringComparison.Ordinal);
    }

    [Theory, Engines]
    public async Task Search_of_podman_finds_what_one_may_pull(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        var (mine, hidden) = (people.Repository("team"), people.Repository("other"));
        await mine.PushImageAsync("1.0");
        await hidden.PushImageAsync("1.0");
        await LoginAsync("podman", people, people.Bob);

        Assert.Equal(["1.0"], await TagsAsync(mine));
        var listed = await _tools.RunAsync("podman", "search", "--tls-verify=false", "--limit=1000", "--format={{.Name}}", $"{people.Address.Authority}/");
        Assert.Contains(people.NameOf(mine), listed, StringComparison.Ordinal);
        Assert.DoesNotContain(hidden.Name, listed, StringComparison.Ordinal);

        async Task<IEnumerable<string?>> TagsAsync(RepositoryClient repository)
        {
            using var list = JsonDocument.Parse(await _tools.RunAsync(
                "podman", "search", "--tls-verify=false", "--list-tags", "--format=json", people.NameOf(repository)));
            return [.. list.RootElement[0].GetProperty("Tags").EnumerateArray().Select(tag => tag.GetString())];
        }
    }

    private Task<string> FailAsync(string program, string command, string name) => _tools.FailAsync(program, command, "--tls-verify=false", name);

    private Task<string> LoginAsync(string program, People people, Account account) =>
        _tools.RunAsync(program, "login", "--tls-verify=false", $"--username={account.Name}", $"--password={account.Secret}", people.Address.Authority);
}
