using System.Text.Json;
using Registry.Tests.Wire;

namespace Registry.Tests.Clients;

[Trait("Needs", "clients")]
[OnS3]
public sealed class ContainerToolsTests(SharedRegistry registry) : IClassFixture<SharedRegistry>, IDisposable
{
    private readonly ContainerTools _tools = new();

    public void Dispose() => _tools.Dispose();

    [Theory]
    [Engines("podman")]
    [Engines("buildah")]
    public async Task Pushed_image_is_pulled_by_tag_and_by_digest(Engine engine, string program)
    {
        var (repository, name) = await RepositoryAsync(engine);
        var image = Image.Random();
        var id = await _tools.LoadAsync(program, image);

        await _tools.PushAsync(program, id, $"{name}:1.0");

        await repository.AssertHoldsAsync("1.0", image);
        using var head = await repository.HeadManifestAsync("1.0");
        foreach (var reference in new[] { ":1.0", $"@{OciAssert.Header(head, "Docker-Content-Digest")}" })
        {
            await _tools.ForgetAsync(program);
            Assert.Equal(image.Config.Digest, await _tools.PullAsync(program, name + reference));
        }
    }

    [Theory]
    [Engines("podman")]
    [Engines("buildah")]
    public async Task Image_with_40_layers_is_pushed_and_pulled(Engine engine, string program)
    {
        var (repository, name) = await RepositoryAsync(engine);
        var image = Image.Random(layers: 40);
        var id = await _tools.LoadAsync(program, image);

        await _tools.PushAsync(program, id, $"{name}:1.0");

        await repository.AssertHoldsAsync("1.0", image);
        await _tools.ForgetAsync(program);
        Assert.Equal(image.Config.Digest, await _tools.PullAsync(program, $"{name}:1.0"));
    }

    [Theory]
    [Engines("podman")]
    [Engines("buildah")]
    public async Task Index_of_two_platforms_is_pushed_and_each_platform_pulled(Engine engine, string program)
    {
        var (_, name) = await RepositoryAsync(engine);
        var images = new[] { "amd64", "arm64" }.ToDictionary(architecture => architecture, architecture => Image.Random(architecture: architecture));
        await _tools.RunAsync(program, "manifest", "create", "multi");
        foreach (var (architecture, image) in images)
        {
            await _tools.RunAsync(program, "manifest", "add", "multi", _tools.WriteLayout(image));
        }

        await _tools.RunAsync(program, "manifest", "push", "--all", "--tls-verify=false", "multi", $"docker://{name}:multi");

        foreach (var (architecture, image) in images)
        {
            Assert.Equal(image.Config.Digest, await _tools.PullAsync(program, $"{name}:multi", $"--arch={architecture}"));
        }
    }

    [Theory]
    [Engines("podman")]
    [Engines("buildah")]
    public async Task Deleted_image_is_reported_as_missing(Engine engine, string program)
    {
        var (repository, name) = await RepositoryAsync(engine);
        var image = await repository.PushImageAsync("old");
        await repository.PushImageAsync("kept");
        await _tools.PullAsync(program, $"{name}:old");
        await _tools.ForgetAsync(program);

        using var deleted = await repository.DeleteManifestAsync(image.Digest);

        Assert.Contains("manifest unknown", await _tools.FailAsync(program, "pull", "--tls-verify=false", $"{name}:old"), StringComparison.Ordinal);
        await _tools.PullAsync(program, $"{name}:kept");
    }

    [Theory, Engines]
    public async Task Search_of_podman_finds_a_repository_by_a_part_of_its_name(Engine engine)
    {
        var app = await registry.AppAsync(engine);
        var (found, name) = await RepositoryAsync(engine);
        var (other, _) = await RepositoryAsync(engine);
        await found.PushImageAsync("1.0");
        await other.PushImageAsync("1.0");

        var output = await _tools.RunAsync(
            "podman", "search", "--tls-verify=false", "--format={{.Name}}", $"{app.Address.Authority}/{found.Name[^20..^2]}");

        Assert.Equal(name, output.Trim());
    }

    [Theory, Engines]
    public async Task Search_of_podman_without_a_term_lists_all_repositories(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        string[] names = [.. Enumerable.Range(10, 60).Select(number => $"team/app-{number}")];
        foreach (var name in names)
        {
            await app.Repository(name).PushImageAsync("1.0", layers: 0);
        }

        var output = await _tools.RunAsync("podman", "search", "--tls-verify=false", "--limit=100", "--format={{.Name}}", $"{app.Address.Authority}/");

        Assert.Equal(names.Select(name => $"{app.Address.Authority}/{name}"), output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
    }

    [Theory, Engines]
    public async Task Search_of_podman_lists_all_tags(Engine engine)
    {
        var (repository, name) = await RepositoryAsync(engine);
        var image = await repository.PushImageAsync("1.0");
        string[] tags = [.. Enumerable.Range(0, 120).Select(number => $"build-{number}")];
        foreach (var tag in tags)
        {
            await repository.PushManifestAsync(tag, image.Manifest);
        }

        var output = await _tools.RunAsync("podman", "search", "--tls-verify=false", "--list-tags", "--limit=1000", "--format=json", name);

        using var list = JsonDocument.Parse(output);
        var listed = list.RootElement[0].GetProperty("Tags").EnumerateArray().Select(tag => tag.GetString()!);
        Assert.Equal(tags.Append("1.0").Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    private async Task<(RepositoryClient Repository, string Name)> RepositoryAsync(Engine engine)
    {
        var app = await registry.AppAsync(engine);
        var repository = app.Repository($"clients/{Guid.NewGuid():n}");
        return (repository, $"{app.Address.Authority}/{repository.Name}");
    }
}
