using System.Diagnostics;
using System.Text.Json;

namespace Registry.Tests.Clients;

/// <summary>Pushes that take longer than a token lasts. Neither docker nor skopeo can begin a body again.</summary>
[Collection(DockerCollection.Name)]
[Trait("Needs", "clients")]
public sealed class SlowPushTests(DockerDaemon docker) : IDisposable
{
    private const int LayerSize = 5 << 20;

    // A token is good for its lifetime and, clocks being as they are, a minute more.
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1), Expired = Lifetime + TimeSpan.FromMinutes(1);

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory, Engines]
    [Trait("Needs", "time")]
    public async Task No_request_of_an_upload_is_refused_after_the_end_of_its_token(Engine engine)
    {
        await using var registry = await RegistryProcess.StartAsync(engine, ("Tokens:Lifetime", $"{Lifetime}"), ("AccessLog:Enabled", "true"));
        using var accounts = await Accounts.CreateAsync(registry);
        var alice = await accounts.UserAsync("alice", "writer", "team/*");
        await using var proxy = CuttingProxy.To(registry.Address, TimeSpan.FromSeconds(2));
        var images = new[] { Image.Random(layers: 1, LayerSize), Image.Random(layers: 1, LayerSize) };
        var (byDocker, bySkopeo) = ($"{proxy.Address.Authority}/team/docker:1", Skopeo.Remote(proxy.Address, "team/skopeo", ":1"));
        await docker.LoadAsync(images[0], byDocker);
        await docker.RunAsync("--config", _directory.File("docker"), "login", "--username", alice.Name, "--password", alice.Secret, proxy.Address.Authority);
        var time = Stopwatch.StartNew();

        await Task.WhenAll(
            TimedAsync(docker.RunAsync("--config", _directory.File("docker"), "push", byDocker)),
            TimedAsync(Skopeo.CopyExactlyAsync(DirectoryLayout.Write(_directory.File("in"), images[1]).Name, bySkopeo, $"--dest-creds={alice.Name}:{alice.Secret}")));

        await new RepositoryClient(accounts.Local, "team/docker").AssertHoldsAsync("1", images[0]);
        using var head = await new RepositoryClient(accounts.Local, "team/skopeo").HeadManifestAsync("1");
        Assert.Equal(images[1].Digest, OciAssert.Header(head, "Docker-Content-Digest"));
        var writes = registry.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonSerializer.Deserialize<JsonElement>(line)).Where(line => line.GetProperty("method").GetString() is "PATCH" or "PUT").ToList();
        Assert.NotEmpty(writes);
        Assert.All(writes, line => Assert.InRange(line.GetProperty("status").GetInt32(), 200, 299));

        async Task TimedAsync(Task push)
        {
            await push;
            Assert.True(time.Elapsed > Expired, $"the push took {time.Elapsed} only");
        }
    }
}
