using System.Text.Json;

namespace Registry.Tests.Clients;

[Trait("Needs", "clients")]
public sealed class SkopeoCommandTests
{
    [Theory]
    [Engines]
    public async Task List_tags_shows_every_tag(Engine engine)
    {
        await using var registry = await RegistryProcess.StartAsync(engine);
        var repository = registry.Repository("team/app");
        var image = await repository.PushImageAsync("1.0");
        string[] tags = [.. Enumerable.Range(0, 120).Select(number => $"build-{number}")];
        foreach (var tag in tags)
        {
            await repository.PushManifestAsync(tag, image.Manifest);
        }

        using var list = JsonDocument.Parse(await Skopeo.ListTagsAsync(registry.Address, "team/app"));

        var listed = list.RootElement.GetProperty("Tags").EnumerateArray().Select(tag => tag.GetString()!);
        Assert.Equal(tags.Append("1.0").Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    [Theory]
    [Engines]
    public async Task Inspect_shows_digest_architecture_layers_and_tags(Engine engine)
    {
        await using var registry = await RegistryProcess.StartAsync(engine);
        var image = await registry.Repository("team/app").PushImageAsync("1.0");

        using var inspected = JsonDocument.Parse(await Skopeo.InspectAsync(Skopeo.Remote(registry.Address, "team/app", ":1.0")));

        var root = inspected.RootElement;
        Assert.Equal(image.Digest, root.GetProperty("Digest").GetString());
        Assert.Equal("amd64", root.GetProperty("Architecture").GetString());
        Assert.Equal(["1.0"], root.GetProperty("RepoTags").EnumerateArray().Select(tag => tag.GetString()));
        Assert.Equal(image.Layers.Select(layer => layer.Digest), root.GetProperty("Layers").EnumerateArray().Select(layer => layer.GetString()));
    }

    [Theory]
    [Engines]
    public async Task Inspect_raw_shows_the_manifest_as_it_was_pushed(Engine engine)
    {
        await using var registry = await RegistryProcess.StartAsync(engine);
        var image = await registry.Repository("team/app").PushImageAsync("1.0");

        var raw = await Skopeo.InspectAsync(Skopeo.Remote(registry.Address, "team/app", $"@{image.Digest}"), "--raw");

        Assert.Equal(image.Manifest, System.Text.Encoding.UTF8.GetBytes(raw.TrimEnd('\n')));
    }

    [Theory]
    [Engines]
    public async Task Delete_removes_the_image_and_its_tags(Engine engine)
    {
        await using var registry = await RegistryProcess.StartAsync(engine);
        var repository = registry.Repository("team/app");
        var deleted = await repository.PushImageAsync("old");
        await repository.PushManifestAsync("older", deleted.Manifest);
        await repository.PushImageAsync("kept");

        await Skopeo.DeleteAsync(Skopeo.Remote(registry.Address, "team/app", ":old"));

        using var list = JsonDocument.Parse(await Skopeo.ListTagsAsync(registry.Address, "team/app"));
        Assert.Equal(["kept"], list.RootElement.GetProperty("Tags").EnumerateArray().Select(tag => tag.GetString()));
        var complaint = await Skopeo.FailAsync("inspect", "--tls-verify=false", Skopeo.Remote(registry.Address, "team/app", $"@{deleted.Digest}"));
        Assert.Contains("manifest unknown", complaint, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [Engines(":missing")]
    [Engines("@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")]
    public async Task Missing_image_is_reported_as_unknown(Engine engine, string reference)
    {
        await using var registry = await RegistryProcess.StartAsync(engine);
        await registry.Repository("team/app").PushImageAsync("1.0");

        var complaint = await Skopeo.FailAsync("inspect", "--tls-verify=false", Skopeo.Remote(registry.Address, "team/app", reference));

        Assert.Contains("manifest unknown", complaint, StringComparison.OrdinalIgnoreCase);
    }
}
