using System.Net;
using System.Net.Sockets;

namespace Registry.Tests;

/// <summary>The registry as a process of its own, for what ends processes: signals, kills, bad configuration.</summary>
public sealed class RegistryProcess : IAsyncDisposable
{
    private readonly Installation _installation;
    private ChildProcess? _process;

    private RegistryProcess(Installation installation)
    {
        _installation = installation;
        Client = installation.CreateClient();
    }

    public HttpClient Client { get; }

    public Uri Address => _installation.Address;

    public string DataDirectory => _installation.DataDirectory;

    public string? ConnectionString => _installation.ConnectionString;

    public S3Bucket? Bucket => _installation.Bucket;

    public int Id => Process.Id;

    public string Output => Process.Output;

    public string Errors => Process.Errors;

    /// <summary>Of the process that has ended last: 128 + n after signal n.</summary>
    public int ExitCode => Process.ExitCode;

    private ChildProcess Process => _process ?? throw new InvalidOperationException("The process was never started.");

    /// <summary>Starts and waits until the registry is ready.</summary>
    public static async Task<RegistryProcess> StartAsync(Engine engine = Engine.Sqlite, params (string Key, string Value)[] settings)
    {
        var registry = new RegistryProcess(await Installation.CreateAsync(engine, settings));
        try
        {
            await registry.StartAgainAsync();
            return registry;
        }
        catch
        {
            await registry.DisposeAsync();
            throw;
        }
    }

    /// <summary>An installation that was never started.</summary>
    public static async Task<RegistryProcess> CreateAsync(Engine engine = Engine.Sqlite, params (string Key, string Value)[] settings) =>
        new(await Installation.CreateAsync(engine, settings));

    /// <summary>Starts a registry that is expected to refuse and stop by itself; waits for that.</summary>
    public static async Task<RegistryProcess> RunToExitAsync(Engine engine = Engine.Sqlite, params (string Key, string Value)[] settings)
    {
        var registry = new RegistryProcess(await Installation.CreateAsync(engine, settings));
        try
        {
            registry.Launch();
            await registry.ExitedAsync();
            return registry;
        }
        catch
        {
            await registry.DisposeAsync();
            throw;
        }
    }

    public RepositoryClient Repository(string name) => new(Client, name);

    /// <summary>Starts after a kill or stop with the same data, settings and address.</summary>
    public async Task StartAgainAsync(params (string Name, string? Value)[] environment)
    {
        if (_process is not null)
        {
            await _process.ExitedAsync();
        }

        Launch(environment);
        await Eventually.TrueAsync(IsReadyAsync, () => $"GET {Address}readyz answers 200\n{Output}\n{Errors}");
    }

    /// <summary>
    /// The same with a fault point in the environment, as in docs/reliability.md. False when the process has died at it before
    /// it was ready.
    /// </summary>
    public async Task<bool> StartAgainAsync(string faultPoint)
    {
        if (_process is not null)
        {
            await _process.ExitedAsync();
        }

        Launch(("REGISTRY_FAULT_POINT", faultPoint));
        await Eventually.TrueAsync(async () => Process.HasExited || await AnswersAsync(), () => $"GET {Address}readyz answers 200\n{Output}\n{Errors}");
        return !Process.HasExited;
    }

    public bool HasExited => Process.HasExited;

    /// <summary>SIGKILL: nothing of the process runs after this.</summary>
    public void Kill() => Process.Kill();

    /// <summary>A crash: SIGKILL, and the same again once it is gone.</summary>
    public Task KillAndStartAgainAsync()
    {
        Kill();
        return StartAgainAsync();
    }

    /// <summary>SIGTERM: asks for a graceful stop.</summary>
    public void Terminate() => Process.Terminate();

    public Task ExitedAsync() => Process.ExitedAsync();

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        await _installation.DisposeAsync();
    }

    private void Launch(params (string Name, string? Value)[] environment) => _process = ChildProcess.Start(
        "dotnet",
        [Path.Combine(AppContext.BaseDirectory, "registry.dll"), .. _installation.Arguments],
        environment.ToDictionary(variable => variable.Name, variable => variable.Value));

    private Task<bool> IsReadyAsync()
    {
        Assert.False(Process.HasExited, $"The registry stopped with {(Process.HasExited ? ExitCode : 0)}.\n{Output}\n{Errors}");
        return AnswersAsync();
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            using var response = await Client.GetAsync("readyz");
            return response.StatusCode is HttpStatusCode.OK;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException)
        {
            return false;
        }
    }
}
