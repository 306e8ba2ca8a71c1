namespace Registry.Benchmarks.Servers;

/// <summary>
/// Debian's docker-registry with files on disk, its descriptor cache in memory as Debian configures it, deletes on, and its
/// access log on; only its second, structured log is turned down to errors.
/// </summary>
internal static class PeerRegistry
{
    /// <summary>The path that answers 200 once the server serves.</summary>
    public const string Ready = "/v2/";

    public static RegistryServer Launch(string dataDirectory)
    {
        var port = RegistryServer.FreePort();
        var configuration = Path.Combine(dataDirectory, "config.yml");
        File.WriteAllText(configuration, $"""
            version: 0.1
            log:
              level: error
            storage:
              cache:
                blobdescriptor: inmemory
              filesystem:
                rootdirectory: {dataDirectory}/storage
              delete:
                enabled: true
            http:
              addr: 127.0.0.1:{port}

            """);
        return RegistryServer.Start("docker-registry", ["serve", configuration], port, dataDirectory);
    }
}
