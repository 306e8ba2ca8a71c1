using System.Collections.Concurrent;

namespace Registry.Tests.Wire;

/// <summary>
/// One running registry per engine for all tests of a class. Each test takes repositories of its own in it. On S3 it has three replicas,
/// and each request goes to the next one.
/// </summary>
public class SharedRegistry : IAsyncLifetime
{
    private const int Replicas = 3;

    private readonly ConcurrentDictionary<Engine, Lazy<Task<RegistryApp>>> _apps = new();
    private readonly (string Key, string Value)[] _settings;

    public SharedRegistry()
        : this([])
    {
    }

    protected SharedRegistry(params (string Key, string Value)[] settings) => _settings = settings;

    public Task<RegistryApp> AppAsync(Engine engine) =>
        _apps.GetOrAdd(engine, e => new Lazy<Task<RegistryApp>>(() =>
            e is Engine.PostgresS3 ? RegistryApp.StartReplicasAsync(Replicas, _settings) : RegistryApp.StartAsync(e, _settings))).Value;

    public async Task<HttpClient> HttpAsync(Engine engine) => (await AppAsync(engine)).Client;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var app in _apps.Values)
        {
            await (await app.Value).DisposeAsync();
        }
    }

    /// <summary>A repository that no other test knows.</summary>
    internal async Task<RepositoryWire> RepositoryAsync(Engine engine) => new(await HttpAsync(engine), $"conformance/{Guid.NewGuid():n}");
}
