namespace Registry.Tests.Clients;

/// <summary>
/// podman and buildah with images and settings of their own. Mounts are made in a namespace that ends with the command.
/// </summary>
public sealed class ContainerTools : IDisposable
{
    private static readonly TimeSpan CommandGuard = TimeSpan.FromMinutes(2);

    private readonly TemporaryDirectory _directory = new();
    private readonly Dictionary<string, string?> _environment;

    public ContainerTools()
    {
        var storage = _directory.File("storage.conf");
        File.WriteAllText(storage, $"""
            [storage]
            driver = "vfs"
            graphroot = "{_directory.File("images")}"
            runroot = "{_directory.File("run")}"
            """);

        // Locks in files: those in shared memory belong to all of the machine.
        var containers = _directory.File("containers.conf");
        File.WriteAllText(containers, $"""
            [engine]
            tmp_dir = "{_directory.File("tmp")}"
            lock_type = "file"
            events_logger = "none"
            cgroup_manager = "cgroupfs"
            """);

        // Who has signed in, instead of the machine's; it has to be there.
        var logins = _directory.File("auth.json");
        File.WriteAllText(logins, "{}");
        _environment = new() { ["CONTAINERS_STORAGE_CONF"] = storage, ["CONTAINERS_CONF"] = containers, ["REGISTRY_AUTH_FILE"] = logins };
    }

    /// <summary>Where registries have mirrors, instead of what the machine knows of them.</summary>
    public string Registries
    {
        init
        {
            _environment["CONTAINERS_REGISTRIES_CONF"] = _directory.File("registries.conf");
            File.WriteAllText(_directory.File("registries.conf"), value);
        }
    }

    public void Dispose() => _directory.Dispose();

    /// <summary>Runs a command that has to succeed and returns its output.</summary>
    public Task<string> RunAsync(string program, params string[] arguments) =>
        ChildProcess.RunAsync("unshare", ["--mount", program, .. arguments], _environment, _directory.Path, CommandGuard);

    /// <summary>Runs a command that has to fail and returns what it complains about.</summary>
    public Task<string> FailAsync(string program, params string[] arguments) =>
        ChildProcess.FailAsync("unshare", ["--mount", program, .. arguments], _environment);

    /// <summary>Runs a command that is disturbed. Whether the programs repeat by themselves depends on the error that they happen to see.</summary>
    public Task AttemptAsync(string program, params string[] arguments) =>
        ChildProcess.AttemptAsync("unshare", ["--mount", program, .. arguments], _environment, CommandGuard);

    public Task PushAsync(string program, string image, string name) => RunAsync(program, "push", "--tls-verify=false", image, $"docker://{name}");

    /// <summary>Makes an image known to the program and returns its id.</summary>
    public Task<string> LoadAsync(string program, Image image) => PullAsync(program, WriteLayout(image));

    /// <summary>Writes an image to disk and returns what the programs call it.</summary>
    public string WriteLayout(Image image)
    {
        // Relative to the working directory, since the programs make a repository's name of the path, and that must be lower-case.
        var folder = $"layout-{Guid.NewGuid():n}";
        OciLayout.Write(_directory.File(folder), image);
        return $"oci:{folder}:test";
    }

    /// <summary>Returns the id of the pulled image, which is the digest of its config.</summary>
    public async Task<string> PullAsync(string program, string name, params string[] options) =>
        $"sha256:{(await RunAsync(program, ["pull", "--quiet", "--tls-verify=false", .. options, name])).Trim()}";

    /// <summary>Removes all images, so that a pull has to bring everything.</summary>
    public Task ForgetAsync(string program) => RunAsync(program, "rmi", "--all", "--force");
}
