using System.Collections.Concurrent;

namespace Registry.Tests.Wire;

/// <summary>One registry per engine, for all tests of a class, in which people have to sign in.</summary>
public sealed class PeopledRegistry : IAsyncLifetime
{
    private readonly ConcurrentDictionary<Engine, Lazy<Task<People>>> _registries = new();

    public Task<People> PeopleAsync(Engine engine) =>
        _registries.GetOrAdd(engine, e => new Lazy<Task<People>>(() => People.InviteAsync(e))).Value;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var people in _registries.Values)
        {
            await (await people.Value).DisposeAsync();
        }
    }
}
