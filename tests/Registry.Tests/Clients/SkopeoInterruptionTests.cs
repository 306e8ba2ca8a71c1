namespace Registry.Tests.Clients;

[Trait("Needs", "clients")]
[OnS3]
public sealed class SkopeoInterruptionTests : IDisposable
{
    private const int LayerSize = 64 << 20;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory, Engines]
    public async Task Push_and_pull_succeed_when_repeated_after_the_registry_was_killed(Engine engine)
    {
        await using var registry = await RegistryProcess.StartAsync(engine);
        await using var proxy = CuttingProxy.To(registry.Address);
        var image = Image.Random(layers: 1, LayerSize);
        var pushed = OciLayout.Write(_directory.File("in"), image);
        var pulled = new DirectoryLayout(_directory.File("out"));
        var remote = Skopeo.Remote(proxy.Address, "team/app", ":1.0");

        foreach (var (flow, source, target) in new[] { (Flow.Push, pushed.Name, remote), (Flow.Pull, remote, pulled.Name) })
        {
            proxy.CutOnce(flow, LayerSize / 2, registry.KillAndStartAgainAsync);
            await Skopeo.AttemptToCopyAsync(source, target);
            await proxy.CutAsync();
            await Skopeo.CopyExactlyAsync(source, target);
        }

        pulled.AssertHolds(image);
    }
}
