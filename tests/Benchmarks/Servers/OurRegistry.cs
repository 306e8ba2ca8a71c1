namespace Registry.Benchmarks.Servers;

/// <summary>The published program with its defaults: only the address, the data and the database are given.</summary>
internal static class OurRegistry
{
    /// <summary>The path that answers 200 once the server serves.</summary>
    public const string Ready = "/readyz";

    /// <summary>The arguments that put its objects into a bucket.</summary>
    public static string[] OnS3(string bucket, int port) =>
    [
        "--Storage:S3:Bucket", bucket, "--Storage:S3:Endpoint", $"http://127.0.0.1:{port}", "--Storage:S3:Region", S3Server.Region,
        "--Storage:S3:AccessKey", S3Server.AccessKey, "--Storage:S3:SecretKey", S3Server.SecretKey,
    ];

    public static RegistryServer Launch(string program, string dataDirectory, string? postgres, params IEnumerable<string> settings)
    {
        var port = RegistryServer.FreePort();
        List<string> arguments = ["--urls", $"http://127.0.0.1:{port}", "--DataDirectory", dataDirectory];
        if (postgres is not null)
        {
            arguments.AddRange(["--ConnectionStrings:Postgres", postgres]);
        }

        arguments.AddRange(settings);
        return RegistryServer.Start(program, arguments, port, dataDirectory);
    }
}
