namespace Registry.Tests.Wire;

/// <summary>Starts registries inside the test process.</summary>
internal static class Registries
{
    private static readonly SemaphoreSlim One = new(1);

    /// <summary>
    /// A start blocks its thread until the schema is there. It must not be one of the runner's few, and many at once would
    /// leave the pool no thread to go on with.
    /// </summary>
    public static async Task<RegistryApp> StartAsync(Engine engine, params (string Key, string Value)[] settings)
    {
        await One.WaitAsync();
        try
        {
            return await Task.Run(() => RegistryApp.StartAsync(engine, settings));
        }
        finally
        {
            One.Release();
        }
    }

    /// <summary>Stops the process gracefully and starts its installation again with other settings.</summary>
    public static async Task<RegistryApp> ReopenAsync(this RegistryProcess registry, Engine engine, params (string Key, string Value)[] settings)
    {
        registry.Terminate();
        await registry.ExitedAsync();
        (string, string)[] database = registry.ConnectionString is { } connection ? [("ConnectionStrings:Postgres", connection)] : [];
        return await StartAsync(engine, [("DataDirectory", registry.DataDirectory), .. database, .. settings]);
    }
}
