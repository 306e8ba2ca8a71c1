namespace Registry.Tests.Wire;

/// <summary>Starts a registry on what another one has left behind, with other settings.</summary>
internal static class Reopening
{
    /// <summary>Stops the process gracefully and starts its installation again with other settings.</summary>
    public static async Task<RegistryApp> ReopenAsync(this RegistryProcess registry, Engine engine, params (string Key, string Value)[] settings)
    {
        registry.Terminate();
        await registry.ExitedAsync();
        (string, string)[] database = registry.ConnectionString is { } connection ? [("ConnectionStrings:Postgres", connection)] : [];
        return await RegistryApp.StartAsync(engine, [("DataDirectory", registry.DataDirectory), .. database, .. settings]);
    }
}
