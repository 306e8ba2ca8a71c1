namespace Registry.Benchmarks.Servers;

/// <summary>
/// Debian's docker-registry with files on disk, its descriptor cache in memory as Debian configures it, deletes on, and its
/// access log on; only its second, structured log is turned down to errors.
/// </summary>
internal static class PeerRegistry
{
    /// <summary>The path that answers 200 once the server serves.</summary>
    public const string Ready = "/v2/";

    public static RegistryServer Launch(string dataDirectory) => Launch(
        dataDirectory,
        $"""
          filesystem:
            rootdirectory: {dataDirectory}/storage
        """);

    /// <summary>With its S3 driver, and the size of parts that ours has.</summary>
    public static RegistryServer LaunchOnS3(string dataDirectory, string bucket, int port) => Launch(
        dataDirectory,
        $"""
          s3:
            accesskey: {S3Server.AccessKey}
            secretkey: {S3Server.SecretKey}
            region: {S3Server.Region}
            regionendpoint: http://127.0.0.1:{port}
            bucket: {bucket}
            secure: false
            v4auth: true
            chunksize: 8388608
            rootdirectory: /registry
        """);

    private static RegistryServer Launch(string dataDirectory, string driver)
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
            {driver}
              delete:
                enabled: true
            http:
              addr: 127.0.0.1:{port}

            """);
        return RegistryServer.Start("docker-registry", ["serve", configuration], port, dataDirectory);
    }
}
