using Registry.Tests.Wire;

namespace Registry.Tests.Clients;

[Collection(ContainerdCollection.Name)]
[Trait("Needs", "clients")]
[OnS3]
public sealed class ContainerdTests(ContainerdDaemon containerd, SharedRegistry registry) : IClassFixture<SharedRegistry>, IDisposable
{
    private const int LayerSize = 64 << 20;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory, Engines(2), Engines(40)]
    public async Task Pushed_image_is_pulled_by_tag_and_by_digest_with_the_same_bytes(Engine engine, int layers)
    {
        var name = await NameAsync(engine);
        var image = Image.Random(layers);
        await containerd.ImportAsync(OciLayout.Write(_directory.File("in"), image), name);

        await containerd.PushAsync($"{name}:test");

        foreach (var reference in new[] { $"{name}:test", $"{name}@{image.Digest}" })
        {
            await containerd.ForgetAsync($"{name}:test");
            await containerd.FetchAsync(reference);
            (await containerd.ExportAsync(reference)).AssertHolds(image);
        }
    }

    [Theory, Engines]
    public async Task Index_is_pushed_and_pulled_with_all_platforms(Engine engine)
    {
        var name = await NameAsync(engine);
        var amd64 = Image.Random(architecture: "amd64");
        var arm64 = Image.Random(architecture: "arm64");
        var (layout, digest, index) = OciLayout.WriteIndex(_directory.File("in"), (amd64, new Platform("amd64")), (arm64, new Platform("arm64")));
        await containerd.ImportAsync(layout, name);

        await containerd.PushAsync($"{name}:test");
        await containerd.ForgetAsync($"{name}:test");
        await containerd.FetchAsync($"{name}:test");

        var pulled = await containerd.ExportAsync($"{name}:test");
        Assert.Equal(index, pulled.Blob(digest));
        pulled.AssertHolds(amd64);
        pulled.AssertHolds(arm64);
    }

    [Theory, Engines]
    public async Task Deleted_image_is_reported_as_missing(Engine engine)
    {
        var app = await registry.AppAsync(engine);
        var repository = app.Repository($"clients/{Guid.NewGuid():n}");
        var name = $"{app.Address.Authority}/{repository.Name}:old";
        var image = await repository.PushImageAsync("old");
        await containerd.FetchAsync(name);
        await containerd.ForgetAsync(name);

        using var deleted = await repository.DeleteManifestAsync(image.Digest);

        Assert.Contains("not found", await containerd.FailAsync("pull", "--plain-http", name), StringComparison.Ordinal);
    }

    [Theory, Engines]
    public async Task Push_succeeds_when_repeated_after_a_kill_and_the_pull_goes_on_where_it_was_cut(Engine engine)
    {
        await using var process = await RegistryProcess.StartAsync(engine);
        await using var proxy = CuttingProxy.To(process.Address);
        var name = $"{proxy.Address.Authority}/team/app";
        var image = Image.Random(layers: 1, LayerSize);
        await containerd.ImportAsync(OciLayout.Write(_directory.File("in"), image), name);

        proxy.CutOnce(Flow.Push, LayerSize / 2, process.KillAndStartAgainAsync);
        await containerd.AttemptAsync("push", "--plain-http", $"{name}:test");
        await proxy.CutAsync();
        await containerd.PushAsync($"{name}:test");

        await containerd.ForgetAsync($"{name}:test");
        var before = proxy.Pulled;
        proxy.CutOnce(Flow.Pull, LayerSize / 2);
        await containerd.FetchAsync($"{name}:test");
        await proxy.CutAsync();

        (await containerd.ExportAsync($"{name}:test")).AssertHolds(image);
        Assert.InRange(proxy.Pulled - before, LayerSize, LayerSize * 5 / 4);
    }

    private async Task<string> NameAsync(Engine engine) => $"{(await registry.AppAsync(engine)).Address.Authority}/clients/{Guid.NewGuid():n}";
}
