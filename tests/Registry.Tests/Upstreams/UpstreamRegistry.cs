using System.Net;

namespace Registry.Tests.Upstreams;

/// <summary>Debian's docker-registry as an upstream, on a port and with storage of its own.</summary>
public sealed class UpstreamRegistry : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly string _authentication;
    private ChildProcess? _process;

    private UpstreamRegistry(string authentication)
    {
        _authentication = authentication;
        Address = new Uri($"http://127.0.0.1:{Ports.Next()}");
        Client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false }) { BaseAddress = Address, Timeout = Eventually.Guard };
    }

    public Uri Address { get; }

    /// <summary>A client of it, for tests that push there or look what it has.</summary>
    public HttpClient Client { get; }

    /// <param name="authentication">The section <c>auth</c> of its configuration; without one everyone may do everything.</param>
    public static async Task<UpstreamRegistry> StartAsync(string authentication = "")
    {
        var registry = new UpstreamRegistry(authentication);
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

    public RepositoryClient Repository(string name) => new(Client, name);

    /// <summary>Ends it; its data and its port stay.</summary>
    public async Task StopAsync()
    {
        if (_process is { } process)
        {
            _process = null;
            await process.DisposeAsync();
        }
    }

    public async Task StartAgainAsync()
    {
        var configuration = _directory.File("config.yml");
        await File.WriteAllTextAsync(configuration, Configuration());
        _process = ChildProcess.Start("docker-registry", ["serve", configuration]);
        await Eventually.TrueAsync(IsReadyAsync, () => $"docker-registry answers at {Address}\n{_process.Errors}");
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Client.Dispose();
        _directory.Dispose();
    }

    private string Configuration() => $"""
        version: 0.1
        log:
          level: error
        storage:
          filesystem:
            rootdirectory: {_directory.File("storage")}
          delete:
            enabled: true
        http:
          addr: {Address.Authority}
        {_authentication}

        """;

    private async Task<bool> IsReadyAsync()
    {
        Assert.False(_process!.HasExited, $"docker-registry has stopped.\n{_process.Errors}");
        try
        {
            using var response = await Client.GetAsync("v2/");
            return response.StatusCode is HttpStatusCode.OK or HttpStatusCode.Unauthorized;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
