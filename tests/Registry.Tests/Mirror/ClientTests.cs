using Registry.Tests.Clients;
using Registry.Tests.Upstreams;

namespace Registry.Tests.Mirror;

/// <summary>
/// Real clients pull an image of "docker.io" through the mirror, by each door that they can be told of; then the upstream stops, and they
/// pull it again.
/// </summary>
[Trait("Needs", "clients")]
public sealed class ClientTests : IAsyncLifetime, IDisposable
{
    private const string Name = "docker.io/library/app";

    private readonly TemporaryDirectory _directory = new();
    private UpstreamRegistry _upstream = null!;
    private RegistryApp _mirror = null!;
    private Image _image = null!;

    // The mirror at its host for docker.io alone, and where it is everything else.
    private string Host => $"localhost:{_mirror.Address.Port}";

    private string Main => _mirror.Address.Authority;

    public async Task InitializeAsync()
    {
        _upstream = await UpstreamRegistry.StartAsync();
        _mirror = await RegistryApp.StartAsync(
            Engine.Sqlite, ("Upstreams:hub:Address", $"{_upstream.Address}"), ("Upstreams:hub:Names", "docker.io"), ("Upstreams:hub:Hosts", "localhost"));
        _image = await _upstream.Repository("library/app").PushImageAsync("v1", layerSize: 3 << 20);
    }

    public void Dispose() => _directory.Dispose();

    public async Task DisposeAsync()
    {
        await _mirror.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task Docker_pulls_through_its_registry_mirror()
    {
        using var docker = new DockerDaemon { Mirror = new Uri($"http://{Host}") };
        await docker.InitializeAsync();
        try
        {
            await PullTwiceAsync(async () =>
            {
                await docker.ForgetAsync();
                await docker.RunAsync("pull", "app:v1");
                Assert.Equal(_image.Config.Digest, await docker.IdAsync("app:v1"));
            });
        }
        finally
        {
            await docker.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("ns", "http://{0}", false)]
    [InlineData("prefix", "http://{0}/hub", false)]
    [InlineData("path", "http://{0}/v2/hub", true)]
    public async Task Containerd_pulls_through_the_hosts_of_its_configuration(string door, string address, bool isRoot)
    {
        Directory.CreateDirectory(_directory.File("docker.io"));
        await File.WriteAllTextAsync(Path.Combine(_directory.File("docker.io"), "hosts.toml"), $"""
            [host."{string.Format(null, address, Main)}"]
            capabilities = ["pull", "resolve"]
            override_path = {(isRoot ? "true" : "false")}
            """);
        using var containerd = new ContainerdDaemon();
        await containerd.InitializeAsync();
        try
        {
            var pulls = 0;
            await PullTwiceAsync(async () =>
            {
                await containerd.RunAsync("pull", "--hosts-dir", _directory.Path, "--all-platforms", "--snapshotter=native", $"{Name}:v1");
                (await containerd.ExportAsync($"{Name}:v1")).AssertHolds(_image);
                await containerd.ForgetAsync($"{Name}:v1");
                pulls++;
            });
            Assert.True(pulls == 2, door);
        }
        finally
        {
            await containerd.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("podman", false)]
    [InlineData("podman", true)]
    [InlineData("buildah", false)]
    [InlineData("buildah", true)]
    public async Task Podman_and_buildah_pull_through_a_mirror_of_their_registries(string program, bool byHost) => await PullTwiceAsync(async () =>
    {
        using var tools = new ContainerTools { Registries = Registries(byHost) };
        Assert.Equal(_image.Config.Digest, await tools.PullAsync(program, $"{Name}:v1"));
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Skopeo_copies_through_a_mirror_of_its_registries(bool byHost) => await PullTwiceAsync(async () =>
    {
        var (registries, target) = (_directory.File("registries.conf"), _directory.File($"{Guid.NewGuid():n}"));
        await File.WriteAllTextAsync(registries, Registries(byHost));
        await ChildProcess.RunAsync("skopeo", ["--insecure-policy", "--registries-conf", registries, "copy", $"docker://{Name}:v1", $"dir:{target}"]);
        Assert.Equal(_image.Manifest, await File.ReadAllBytesAsync(Path.Combine(target, "manifest.json")));
        foreach (var (digest, content) in _image.Blobs)
        {
            Assert.Equal(content, await File.ReadAllBytesAsync(Path.Combine(target, digest["sha256:".Length..])));
        }
    });

    private string Registries(bool byHost) => $"""
        [[registry]]
        prefix = "docker.io"
        location = "docker.io"
        [[registry.mirror]]
        location = "{(byHost ? Host : $"{Main}/hub")}"
        insecure = true
        """;

    private async Task PullTwiceAsync(Func<Task> pull)
    {
        await pull();
        await _upstream.StopAsync();
        await pull();
    }
}
