using Registry.Tests.Wire;

namespace Registry.Tests.Clients;

/// <summary>containerd, with credentials on the command line of ctr and without.</summary>
[Collection(ContainerdCollection.Name)]
[Trait("Needs", "clients")]
public sealed class ContainerdSignedInTests(ContainerdDaemon containerd, PeopledRegistry registry) : IClassFixture<PeopledRegistry>, IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory, Engines]
    public async Task Image_is_pushed_and_pulled_with_password_and_token(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        foreach (var account in new[] { people.Alice, people.Robot })
        {
            var (name, image) = await ImportAsync(people.Repository("team"), people);

            await containerd.RunAsync("push", "--plain-http", "--user", $"{account.Name}:{account.Secret}", $"{name}:test");
            await containerd.ForgetAsync($"{name}:test");
            await containerd.RunAsync(
                "pull", "--plain-http", "--all-platforms", "--snapshotter=native", "--user", $"{account.Name}:{account.Secret}", $"{name}:test");

            (await containerd.ExportAsync($"{name}:test")).AssertHolds(image);
        }
    }

    [Theory, Engines]
    public async Task Public_image_is_pulled_by_nobody(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        var repository = people.Repository(People.Open);
        var image = await repository.PushImageAsync("1.0");

        await containerd.FetchAsync($"{people.NameOf(repository)}:1.0");

        (await containerd.ExportAsync($"{people.NameOf(repository)}:1.0")).AssertHolds(image);
    }

    // ctr shows the status and none of our text.
    [Theory, Engines]
    public async Task Refused_people_see_the_status(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        var repository = people.Repository("team");
        var (name, _) = await ImportAsync(repository, people);
        await repository.PushImageAsync("1.0");

        Assert.Contains("403 Forbidden", await FailAsync("push", people.Bob, $"{name}:test"), StringComparison.Ordinal);
        Assert.Contains("not found", await FailAsync("pull", people.Mallory, $"{name}:1.0"), StringComparison.Ordinal);
        Assert.Contains("401 Unauthorized", await FailAsync("pull", people.Bob with { Secret = "guessed" }, $"{name}:1.0"), StringComparison.Ordinal);
        Assert.Contains("authorization failed", await containerd.FailAsync("pull", "--plain-http", $"{name}:1.0"), StringComparison.Ordinal);

        Task<string> FailAsync(string command, Account account, string image) =>
            containerd.FailAsync(command, "--plain-http", "--user", $"{account.Name}:{account.Secret}", image);
    }

    private async Task<(string Name, Image Image)> ImportAsync(RepositoryClient repository, People people)
    {
        var (name, image) = (people.NameOf(repository), Image.Random());
        await containerd.ImportAsync(OciLayout.Write(_directory.File($"{Guid.NewGuid():n}"), image), name);
        return (name, image);
    }
}
