namespace Registry.Tests.Clients;

[Trait("Needs", "clients")]
public sealed class BuildahBuildTests : IDisposable
{
    private readonly TemporaryDirectory _context = new();

    public void Dispose() => _context.Dispose();

    [Theory, Engines]
    public async Task Build_elsewhere_takes_its_steps_from_the_cache_in_the_registry(Engine engine)
    {
        await using var registry = await RegistryApp.StartAsync(engine);
        File.WriteAllBytes(_context.File("first"), Oci.RandomBytes(1000));
        File.WriteAllBytes(_context.File("second"), Oci.RandomBytes(1000));
        File.WriteAllText(_context.File("Containerfile"), """
            FROM scratch
            COPY first /first
            COPY second /second
            """);
        var repository = $"{registry.Address.Authority}/build";
        string[] build =
        [
            "build", "--isolation=chroot", "--layers", "--tls-verify=false", $"--cache-to={repository}/cache", $"--cache-from={repository}/cache",
            $"--tag={repository}/app:1", _context.Path,
        ];

        using var first = new ContainerTools();
        var built = await first.RunAsync("buildah", build);
        await first.PushAsync("buildah", $"{repository}/app:1", $"{repository}/app:1");
        using var second = new ContainerTools();
        var cached = await second.RunAsync("buildah", build);
        using var third = new ContainerTools();
        var pulled = await third.PullAsync("buildah", $"{repository}/app:1");

        Assert.Equal(2, Count(built, "Pushing cache"));
        Assert.Equal(2, Count(cached, "Cache pulled from remote"));
        Assert.Equal((pulled, pulled), (Id(built), Id(cached)));
    }

    private static int Count(string output, string text) => output.Split('\n').Count(line => line.Contains(text, StringComparison.Ordinal));

    private static string Id(string output) => $"sha256:{output.Trim().Split('\n')[^1]}";
}
