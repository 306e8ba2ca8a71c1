namespace Registry.Tests.Clients;

/// <summary>A containerd of the tests' own, which <c>ctr</c> talks to; its mounts vanish with it.</summary>
public sealed class ContainerdDaemon : IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan CommandGuard = TimeSpan.FromMinutes(2);

    private readonly TemporaryDirectory _directory = new();
    private ChildProcess? _daemon;

    private string Socket => _directory.File("containerd.sock");

    public async Task InitializeAsync()
    {
        await File.WriteAllTextAsync(_directory.File("config.toml"), $"""
            version = 2
            root = "{_directory.File("root")}"
            state = "{_directory.File("state")}"
            disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
            [grpc]
            address = "{Socket}"
            """);
        _daemon = ChildProcess.Start("unshare", ["--mount", "containerd", "--config", _directory.File("config.toml")]);
        await Eventually.TrueAsync(IsReadyAsync, () => $"ctr version succeeds\n{_daemon.Errors}");
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

    /// <summary>Runs a command of <c>ctr images</c> that has to succeed.</summary>
    public Task RunAsync(params string[] arguments) => ChildProcess.RunAsync("ctr", Images(arguments), guard: CommandGuard);

    /// <summary>Runs a command of <c>ctr images</c> that has to fail and returns what it complains about.</summary>
    public Task<string> FailAsync(params string[] arguments) => ChildProcess.FailAsync("ctr", Images(arguments));

    /// <summary>Runs a command of <c>ctr images</c> that is disturbed, and may fail.</summary>
    public Task AttemptAsync(params string[] arguments) => ChildProcess.AttemptAsync("ctr", Images(arguments), guard: CommandGuard);

    public Task PushAsync(string name) => RunAsync("push", "--plain-http", name);

    /// <summary>Pulls all platforms, without making a file system of any.</summary>
    public Task FetchAsync(string name) => RunAsync("pull", "--plain-http", "--all-platforms", "--snapshotter=native", name);

    /// <summary>Makes the image of a layout known to the daemon; its tag is "test".</summary>
    public async Task ImportAsync(OciLayout layout, string repository)
    {
        var archive = NewArchive();
        layout.Pack(archive);
        await RunAsync("import", "--all-platforms", "--no-unpack", "--base-name", repository, archive);
        File.Delete(archive);
    }

    /// <summary>Everything that the daemon has of an image.</summary>
    public async Task<OciLayout> ExportAsync(string name)
    {
        var archive = NewArchive();
        await RunAsync("export", "--all-platforms", archive, name);
        return OciLayout.Unpack(archive, _directory.File($"{Guid.NewGuid():n}"));
    }

    /// <summary>Removes an image and its content, so that a pull has to bring everything.</summary>
    public Task ForgetAsync(string name) => RunAsync("remove", "--sync", name);

    private string NewArchive() => _directory.File($"{Guid.NewGuid():n}.tar");

    private string[] Images(string[] arguments) => ["--address", Socket, "images", .. arguments];

    private async Task<bool> IsReadyAsync()
    {
        Assert.False(_daemon!.HasExited, $"containerd stopped.\n{_daemon.Errors}");
        await using var version = ChildProcess.Start("ctr", ["--address", Socket, "version"]);
        await version.ExitedAsync();
        return version.ExitCode is 0;
    }
}
