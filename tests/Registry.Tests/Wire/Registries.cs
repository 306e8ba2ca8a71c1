namespace Registry.Tests.Wire;

/// <summary>Starts registries inside the test process.</summary>
internal static class Registries
{
    /// <summary>A start blocks its thread until the schema is there; the few threads of the test runner must not be among those.</summary>
    public static Task<RegistryApp> StartAsync(Engine engine, params (string Key, string Value)[] settings) =>
        Task.Run(() => RegistryApp.StartAsync(engine, settings));

    /// <summary>Stops the process gracefully and starts its installation again with other settings.</summary>
    public static async Task<RegistryApp> ReopenAsync(this RegistryProcess registry, Engine engine, params (string Key, string Value)[] settings)
    {
        registry.Terminate();
        await registry.ExitedAsync();
        (string, string)[] database = registry.ConnectionString is { } connection ? [("ConnectionStrings:Postgres", connection)] : [];
        return await StartAsync(engine, [("DataDirectory", registry.DataDirectory), .. database, .. settings]);
    }
}
