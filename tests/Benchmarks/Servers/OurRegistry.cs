namespace Registry.Benchmarks.Servers;

/// <summary>The published program with its defaults: only the address, the data and the database are given.</summary>
internal static class OurRegistry
{
    /// <summary>The path that answers 200 once the server serves.</summary>
    public const string Ready = "/readyz";

    public static RegistryServer Launch(string program, string dataDirectory, string? postgres)
    {
        var port = RegistryServer.FreePort();
        List<string> arguments = ["--urls", $"http://127.0.0.1:{port}", "--DataDirectory", dataDirectory];
        if (postgres is not null)
        {
            arguments.AddRange(["--ConnectionStrings:Postgres", postgres]);
        }

        return RegistryServer.Start(program, arguments, port, dataDirectory);
    }
}
