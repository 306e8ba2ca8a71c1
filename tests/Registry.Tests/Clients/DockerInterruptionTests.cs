namespace Registry.Tests.Clients;

[Collection(DockerCollection.Name)]
[Trait("Needs", "clients")]
public sealed class DockerInterruptionTests(DockerDaemon docker)
{
    private const int LayerSize = 64 << 20;

    [Theory, Engines]
    public async Task Push_goes_on_after_the_registry_was_killed_and_the_pull_where_it_was_cut(Engine engine)
    {
        await using var registry = await RegistryProcess.StartAsync(engine);
        await using var proxy = CuttingProxy.To(registry.Address);
        var name = $"{proxy.Address.Authority}/team/app:1.0";
        var image = Image.Random(layers: 1, LayerSize);
        await docker.LoadAsync(image, name);

        proxy.CutOnce(Flow.Push, LayerSize / 2, registry.KillAndStartAgainAsync);
        await docker.RunAsync("push", name);
        await proxy.CutAsync();

        await docker.ForgetAsync();
        var before = proxy.Pulled;
        proxy.CutOnce(Flow.Pull, LayerSize / 2);
        await docker.RunAsync("pull", name);
        await proxy.CutAsync();

        Assert.Equal(image.Config.Digest, await docker.IdAsync(name));
        Assert.InRange(proxy.Pulled - before, LayerSize, LayerSize * 5 / 4);
    }
}
