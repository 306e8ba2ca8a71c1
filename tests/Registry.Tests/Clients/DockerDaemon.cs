namespace Registry.Tests.Clients;

/// <summary>
/// A docker daemon of the tests' own: no service of the machine, no network, and a namespace for its mounts, which vanish with it.
/// It takes registries on loopback addresses without TLS.
/// </summary>
public sealed class DockerDaemon : IAsyncLifetime, IDisposable
{
    // Of the daemon's package: another version may come first on the path.
    private const string Program = "/usr/bin/docker";

    // docker waits 5, 10, 15 and 20 s before it repeats what has failed.
    private static readonly TimeSpan CommandGuard = TimeSpan.FromMinutes(2);

    private readonly TemporaryDirectory _directory = new();
    private ChildProcess? _daemon;

    /// <summary>Where clients connect to, as <c>DOCKER_HOST</c> has it.</summary>
    public string Socket => $"unix://{_directory.File("docker.sock")}";

    /// <summary>Where it looks for what is on Docker Hub.</summary>
    public Uri? Mirror { get; init; }

    public async Task InitializeAsync()
    {
        // Read instead of the machine's; the key of the daemon has no flag.
        await File.WriteAllTextAsync(_directory.File("daemon.json"), $$"""
            {"deprecated-key-path":"{{_directory.File("key.json")}}","registry-mirrors":[{{(Mirror is null ? "" : $"\"{Mirror}\"")}}]}
            """);
        _daemon = ChildProcess.Start("unshare", [
            "--mount", "dockerd", "--config-file", _directory.File("daemon.json"), "--host", Socket, "--pidfile", _directory.File("pid"),
            "--data-root", _directory.File("data"), "--exec-root", _directory.File("exec"),
            "--storage-driver=vfs", "--iptables=false", "--bridge=none"]);
        await Eventually.TrueAsync(IsReadyAsync, () => $"docker info succeeds\n{_daemon.Errors}");
    }

    public async Task DisposeAsync()
    {
        if (_daemon is not null)
        {
            _daemon.Terminate();
            await _daemon.ExitedAsync();
            await _daemon.DisposeAsync();
        }
    }

    public void Dispose() => _directory.Dispose();

    /// <summary>Runs a command that has to succeed and returns its output.</summary>
    public Task<string> RunAsync(params string[] arguments) => ChildProcess.RunAsync(Program, With(arguments), guard: CommandGuard);

    /// <summary>Runs a command that has to fail and returns what it complains about.</summary>
    public Task<string> FailAsync(params string[] arguments) => ChildProcess.FailAsync(Program, With(arguments));

    /// <summary>Makes an image known to the daemon by this name.</summary>
    public async Task LoadAsync(Image image, string name)
    {
        var archive = _directory.File($"{Guid.NewGuid():n}.tar");
        DockerArchive.Write(archive, image, name);
        await RunAsync("load", "--input", archive);
        File.Delete(archive);
    }

    /// <summary>Removes all images, so that a pull has to bring everything.</summary>
    public Task ForgetAsync() => RunAsync("image", "prune", "--all", "--force");

    /// <summary>The digest of the config of an image that the daemon has.</summary>
    public async Task<string> IdAsync(string image) => (await RunAsync("image", "inspect", "--format={{.Id}}", image)).Trim();

    private string[] With(string[] arguments) => ["--host", Socket, "--config", _directory.File("client"), .. arguments];

    private async Task<bool> IsReadyAsync()
    {
        Assert.False(_daemon!.HasExited, $"dockerd stopped.\n{_daemon.Errors}");
        await using var info = ChildProcess.Start(Program, With(["info"]));
        await info.ExitedAsync();
        return info.ExitCode is 0;
    }
}
