using Registry.Tests.Wire;

namespace Registry.Tests.Clients;

/// <summary>The .NET SDK, which signs in with what docker has written down.</summary>
[Trait("Needs", "clients")]
public sealed class DotnetPublishSignedInTests(PeopledRegistry registry) : IClassFixture<PeopledRegistry>, IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory, Engines]
    public async Task Private_image_is_made_of_a_private_one_by_who_may_and_by_nobody_else(Engine engine)
    {
        var people = await registry.PeopleAsync(engine);
        var (runtime, target) = (people.Repository("team"), people.Repository("team"));
        await runtime.PushImageAsync("1.0");
        var app = DotnetApp.Write(_directory.File("app"));
        var baseImage = $"{runtime.Name}:1.0";

        await app.PublishAsync(people.Address, baseImage, target.Name, "2.0", inChunks: true, ConfigOf(people, people.Robot));
        using var published = await target.HeadManifestAsync("2.0");
        Assert.Equal(System.Net.HttpStatusCode.OK, published.StatusCode);

        var refused = await app.FailToPublishAsync(people.Address, baseImage, target.Name, "3.0", ConfigOf(people, people.Bob));
        Assert.True(refused.Contains("CONTAINER", StringComparison.Ordinal) && refused.Contains("Forbidden", StringComparison.Ordinal), refused);
        using var absent = await target.HeadManifestAsync("3.0");
        Assert.Equal(System.Net.HttpStatusCode.NotFound, absent.StatusCode);
    }

    // A folder with a configuration of docker.
    private string ConfigOf(People people, Account account)
    {
        var folder = Directory.CreateDirectory(_directory.File(Guid.NewGuid().ToString("n"))).FullName;
        File.WriteAllBytes(
            Path.Combine(folder, "config.json"),
            Oci.Write(new { auths = new Dictionary<string, object> { [DotnetApp.Authority(people.Address)] = new { auth = account.Basic.Parameter } } }));
        return folder;
    }
}
