using System.Net;

namespace Registry.Tests.Clients;

[Trait("Needs", "clients")]
[OnS3]
public sealed class DotnetPublishInterruptionTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [Engines(false)]
    [Engines(true)]
    public async Task A_push_is_whole_or_unseen_when_the_registry_was_killed_in_its_middle_and_succeeds_when_repeated(Engine engine, bool inChunks)
    {
        await using var registry = await RegistryProcess.StartAsync(engine);
        await using var proxy = CuttingProxy.To(registry.Address);
        await registry.Repository("base/runtime").PushImageAsync("1.0");
        var app = DotnetApp.Write(_directory.File("app"));
        var pulled = new DirectoryLayout(_directory.File("out"));

        proxy.CutOnce(Flow.Push, DotnetApp.PayloadSize / 2, registry.KillAndStartAgainAsync);
        var succeeded = await app.TryPublishAsync(proxy.Address, "base/runtime:1.0", "team/app", "2.0", inChunks);
        await proxy.CutAsync();

        // The SDK gives up with its connection; one that tries again by itself would be as right.
        using var tag = await registry.Repository("team/app").HeadManifestAsync("2.0");
        Assert.Equal(succeeded ? HttpStatusCode.OK : HttpStatusCode.NotFound, tag.StatusCode);
        await app.PublishAsync(proxy.Address, "base/runtime:1.0", "team/app", "2.0", inChunks);
        await Skopeo.CopyExactlyAsync(Skopeo.Remote(registry.Address, "team/app", ":2.0"), pulled.Name);
    }
}
