using Registry.Tests.Wire;

namespace Registry.Tests.Clients;

[Collection(DockerCollection.Name)]
[Trait("Needs", "clients")]
[OnS3]
public sealed class DockerTests(DockerDaemon docker, SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    [Theory, Engines]
    public async Task Pushed_image_is_pulled_by_tag_and_by_digest(Engine engine)
    {
        var (repository, name) = await RepositoryAsync(engine);
        var image = Image.Random();
        await docker.LoadAsync(image, $"{name}:1.0");

        await docker.RunAsync("push", $"{name}:1.0");

        await repository.AssertHoldsAsync("1.0", image);
        await docker.ForgetAsync();
        await docker.RunAsync("pull", $"{name}:1.0");
        Assert.Equal(image.Config.Digest, await docker.IdAsync($"{name}:1.0"));

        var digest = (await docker.RunAsync("image", "inspect", "--format={{index .RepoDigests 0}}", $"{name}:1.0")).Trim();
        await docker.ForgetAsync();
        await docker.RunAsync("pull", digest);
        Assert.Equal(image.Config.Digest, await docker.IdAsync(digest));
    }

    [Theory, Engines]
    public async Task Image_with_40_layers_is_pushed_and_pulled(Engine engine)
    {
        var (repository, name) = await RepositoryAsync(engine);
        var image = Image.Random(layers: 40);
        await docker.LoadAsync(image, $"{name}:1.0");

        await docker.RunAsync("push", $"{name}:1.0");

        await repository.AssertHoldsAsync("1.0", image);
        await docker.ForgetAsync();
        await docker.RunAsync("pull", $"{name}:1.0");
        Assert.Equal(image.Config.Digest, await docker.IdAsync($"{name}:1.0"));
    }

    [Theory, Engines]
    public async Task Layers_of_another_repository_are_mounted(Engine engine)
    {
        var (_, source) = await RepositoryAsync(engine);
        var (target, name) = await RepositoryAsync(engine);
        var image = Image.Random(layers: 1);
        await docker.LoadAsync(image, $"{source}:1.0");
        await docker.RunAsync("push", $"{source}:1.0");

        await docker.RunAsync("tag", $"{source}:1.0", $"{name}:1.0");
        var output = await docker.RunAsync("push", $"{name}:1.0");

        Assert.Contains($"Mounted from {source[(source.IndexOf('/', StringComparison.Ordinal) + 1)..]}", output, StringComparison.Ordinal);
        await target.AssertHoldsAsync("1.0", image);
    }

    [Theory, Engines]
    public async Task Search_finds_a_repository_by_a_part_of_its_name(Engine engine)
    {
        var app = await registry.AppAsync(engine);
        var (found, _) = await RepositoryAsync(engine);
        var (other, _) = await RepositoryAsync(engine);
        await found.PushImageAsync("1.0");
        await other.PushImageAsync("1.0");

        var output = await docker.RunAsync("search", "--format={{.Name}}", $"{app.Address.Authority}/{found.Name[^20..^2]}");

        Assert.Equal(found.Name, output.Trim());
    }

    [Theory, Engines]
    public async Task Index_of_two_platforms_is_created_and_each_platform_pulled(Engine engine)
    {
        var (_, name) = await RepositoryAsync(engine);
        var images = new[] { "amd64", "arm64" }.ToDictionary(architecture => architecture, architecture => Image.Random(architecture: architecture));
        foreach (var (architecture, image) in images)
        {
            await docker.LoadAsync(image, $"{name}:{architecture}");
            await docker.RunAsync("push", $"{name}:{architecture}");
        }

        await docker.RunAsync("manifest", "create", "--insecure", $"{name}:multi", $"{name}:amd64", $"{name}:arm64");
        await docker.RunAsync("manifest", "push", "--insecure", $"{name}:multi");

        foreach (var (architecture, image) in images)
        {
            await docker.ForgetAsync();
            await docker.RunAsync("pull", $"--platform=linux/{architecture}", $"{name}:multi");
            Assert.Equal(image.Config.Digest, await docker.IdAsync($"{name}:multi"));
        }
    }

    [Theory, Engines]
    public async Task Deleted_image_is_reported_as_missing(Engine engine)
    {
        var (repository, name) = await RepositoryAsync(engine);
        var image = await repository.PushImageAsync("old");
        await repository.PushImageAsync("kept");
        await docker.RunAsync("pull", $"{name}:old");
        await docker.ForgetAsync();

        using var deleted = await repository.DeleteManifestAsync(image.Digest);

        Assert.Contains("manifest unknown", await docker.FailAsync("pull", $"{name}:old"), StringComparison.Ordinal);
        await docker.RunAsync("pull", $"{name}:kept");
    }

    private async Task<(RepositoryClient Repository, string Name)> RepositoryAsync(Engine engine)
    {
        var app = await registry.AppAsync(engine);
        var repository = app.Repository($"clients/{Guid.NewGuid():n}");
        return (repository, $"{app.Address.Authority}/{repository.Name}");
    }
}
