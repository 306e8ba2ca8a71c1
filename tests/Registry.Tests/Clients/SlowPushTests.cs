using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Registry.Tests.Clients;

/// <summary>Pushes that take longer than a token lasts. Neither docker nor skopeo can begin a body again.</summary>
[Collection(DockerCollection.Name)]
[Trait("Needs", "clients")]
public sealed partial class SlowPushTests(DockerDaemon docker) : IDisposable
{
    private const int LayerSize = 5 << 20;

    // Clients take every token to last a minute at least. The registry takes one for good a minute longer, clocks being as they are:
    // its own goes twice as fast here, so that the token has ended for both when the minute is over.
    private const int Speed = 2;

    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(68) / (LayerSize / (64 << 10));

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task No_request_of_an_upload_is_refused_after_the_end_of_its_token()
    {
        var clock = new HastyClock(Speed);
        await using var registry = await RegistryApp.StartAsync(clock, Engine.Sqlite, ("Tokens:Lifetime", $"{Lifetime}"));
        using var accounts = await Accounts.CreateAsync(registry);
        var alice = await accounts.UserAsync("alice", "writer", "team/*");
        await using var proxy = CuttingProxy.To(registry.Address, Pause);
        var images = new[] { Image.Random(layers: 1, LayerSize), Image.Random(layers: 1, LayerSize) };
        var (byDocker, bySkopeo) = ($"{proxy.Address.Authority}/team/docker:1", Skopeo.Remote(proxy.Address, "team/skopeo", ":1"));
        await docker.LoadAsync(images[0], byDocker);
        await docker.RunAsync("--config", _directory.File("docker"), "login", "--username", alice.Name, "--password", alice.Secret, proxy.Address.Authority);
        var source = DirectoryLayout.Write(_directory.File("in"), images[1]).Name;
        clock.Hasten();

        await Task.WhenAll(
            OutlastAsync(docker.RunAsync("--config", _directory.File("docker"), "push", byDocker)),
            OutlastAsync(Skopeo.CopyExactlyAsync(source, bySkopeo, $"--dest-creds={alice.Name}:{alice.Secret}")));

        await new RepositoryClient(accounts.Local, "team/docker").AssertHoldsAsync("1", images[0]);
        using var head = await new RepositoryClient(accounts.Local, "team/skopeo").HeadManifestAsync("1");
        Assert.Equal(images[1].Digest, OciAssert.Header(head, "Docker-Content-Digest"));
        var writes = Writes.Matches(await accounts.Local.GetStringAsync("/metrics"));
        Assert.NotEmpty(writes);
        Assert.All(writes, write => Assert.True(write.Groups["status"].ValueSpan[0] == '2', write.Value));

        async Task OutlastAsync(Task push)
        {
            var start = Stopwatch.GetTimestamp();
            await push;
            Assert.True(Stopwatch.GetElapsedTime(start) > Lifetime, "the push was too short");
        }
    }

    [GeneratedRegex("""_count\{route="/v2/[^"]*",method="(POST|PATCH|PUT)",status="(?<status>\d+)"\}.*""")]
    private static partial Regex Writes { get; }

    // Right until it is hastened, for clients compare what it says with their own.
    private sealed class HastyClock(int times) : TimeProvider
    {
        private readonly Stopwatch _hasty = new();

        public void Hasten() => _hasty.Start();

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + (times - 1) * _hasty.Elapsed;
    }
}
