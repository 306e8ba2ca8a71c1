namespace Registry.Tests.Clients;

[Trait("Needs", "clients")]
public sealed class ContainerToolsInterruptionTests : IDisposable
{
    private const int LayerSize = 64 << 20;

    private readonly ContainerTools _tools = new();

    public void Dispose() => _tools.Dispose();

    [Theory]
    [Engines("podman")]
    [Engines("buildah")]
    public async Task Push_and_pull_succeed_when_repeated_after_the_registry_was_killed(Engine engine, string program)
    {
        await using var registry = await RegistryProcess.StartAsync(engine);
        await using var proxy = CuttingProxy.To(registry.Address);
        var name = $"{proxy.Address.Authority}/team/app:1.0";
        var image = Image.Random(layers: 1, LayerSize);
        var id = await _tools.LoadAsync(program, image);

        proxy.CutOnce(Flow.Push, LayerSize / 2, registry.KillAndStartAgainAsync);
        await _tools.AttemptAsync(program, "push", "--tls-verify=false", id, $"docker://{name}");
        await proxy.CutAsync();
        await _tools.PushAsync(program, id, name);
        await registry.Repository("team/app").AssertHoldsAsync("1.0", image);

        await _tools.ForgetAsync(program);
        proxy.CutOnce(Flow.Pull, LayerSize / 2, registry.KillAndStartAgainAsync);
        await _tools.AttemptAsync(program, "pull", "--tls-verify=false", name);
        await proxy.CutAsync();
        Assert.Equal(image.Config.Digest, await _tools.PullAsync(program, name));
    }
}
