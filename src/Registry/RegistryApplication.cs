namespace Registry;

/// <summary>The registry as one ASP.NET Core application.</summary>
public static class RegistryApplication
{
    /// <summary>Builds, starts and serves until Ctrl-C or SIGTERM. Returns the exit code of the process.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        await Build(args).RunAsync();
        return 0;
    }

    /// <summary>Builds the application from command line, environment and appsettings.json.</summary>
    public static WebApplication Build(string[] args) => WebApplication.CreateBuilder(args).Build();
}
