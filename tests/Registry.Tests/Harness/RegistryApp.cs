using Microsoft.AspNetCore.Builder;
using Registry.Tests.Cluster;

namespace Registry.Tests;

/// <summary>The registry inside the test process on a real Kestrel, with data and database of its own.</summary>
public sealed class RegistryApp : IAsyncDisposable
{
    private readonly Installation _installation;
    private readonly TimeProvider? _time;
    private readonly List<RegistryApp> _others = [];
    private WebApplication? _application;
    private LoadBalancer? _balancer;

    private RegistryApp(Installation installation, TimeProvider? time)
    {
        (_installation, _time) = (installation, time);
        Client = installation.CreateClient();
    }

    /// <summary>Where there are replicas, each request goes to the next one.</summary>
    public HttpClient Client { get; private set; }

    /// <summary>The load balancer's, where there are replicas.</summary>
    public Uri Address => _balancer?.Address ?? _installation.Address;

    /// <summary>The registry itself, or the first of its replicas: a load balancer spells the names of headers in its own way.</summary>
    public Uri DirectAddress => _installation.Address;

    public string DataDirectory => _installation.DataDirectory;

    public string? ConnectionString => _installation.ConnectionString;

    public S3Bucket? Bucket => _installation.Bucket;

    /// <summary>The services of the running application, for what cannot be seen over HTTP.</summary>
    public IServiceProvider Services => _application!.Services;

    public static Task<RegistryApp> StartAsync(Engine engine = Engine.Sqlite, params (string Key, string Value)[] settings) =>
        StartAsync(time: null, engine, settings);

    /// <summary>A registry with a clock of its own; the database keeps the machine's.</summary>
    public static async Task<RegistryApp> StartAsync(TimeProvider? time, Engine engine, params (string Key, string Value)[] settings)
    {
        var app = new RegistryApp(await Installation.CreateAsync(engine, settings), time);
        try
        {
            await app.StartAsync();
            return app;
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    /// <summary>Replicas on PostgreSQL and S3 behind a load balancer. What else is asked of this is asked of the first of them.</summary>
    public static async Task<RegistryApp> StartReplicasAsync(int count, params (string Key, string Value)[] settings)
    {
        (string, string)[] open = [.. settings, ("Access:Open", "true"), ("Proxies:Trusted", "127.0.0.1")];
        var first = await StartAsync(Engine.PostgresS3, open);
        try
        {
            (string, string)[] shared =
                [.. first.Bucket!.Settings, ("ConnectionStrings:Postgres", first.ConnectionString!), ("Keys:MasterKeyFile", Path.Combine(first.DataDirectory, "master.key"))];
            while (first._others.Count < count - 1)
            {
                first._others.Add(await StartAsync(Engine.Postgres, [.. shared, .. open]));
            }

            Uri[] addresses = [first.Address, .. first._others.Select(other => other.Address)];
            first._balancer = await LoadBalancer.StartAsync(addresses);
            first.Client.Dispose();
            first.Client = new HttpClient(new RoundRobin(addresses)) { BaseAddress = addresses[0], Timeout = Eventually.Guard };
            return first;
        }
        catch
        {
            await first.DisposeAsync();
            throw;
        }
    }

    public RepositoryClient Repository(string name) => new(Client, name);

    /// <summary>Stops gracefully and starts again with the same data, settings and address.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        await StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await (_balancer?.DisposeAsync() ?? ValueTask.CompletedTask);
        foreach (var other in _others)
        {
            await other.DisposeAsync();
        }

        await StopAsync();
        await _installation.DisposeAsync();
    }

    private async Task StartAsync()
    {
        // On the thread pool, as in production: a test runner's context must not see what the product does at its start.
        _application = await Task.Run(() => RegistryApplication.Build(_installation.Arguments, time: _time));
        await _application.StartAsync();
    }

    private async Task StopAsync()
    {
        if (_application is { } application)
        {
            _application = null;
            using var guard = new CancellationTokenSource(Eventually.Guard);
            await application.StopAsync(guard.Token);
            await application.DisposeAsync();
        }
    }
}
