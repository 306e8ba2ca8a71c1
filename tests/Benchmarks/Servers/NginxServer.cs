namespace Registry.Benchmarks.Servers;

/// <summary>nginx serving files by sendfile, with a worker for each core and its access log on: as fast as files are served.</summary>
internal static class NginxServer
{
    /// <summary>The path that answers 200 once the server serves.</summary>
    public const string Ready = "/ready";

    public static RegistryServer Launch(string directory)
    {
        var port = RegistryServer.FreePort();
        var configuration = Path.Combine(directory, "nginx.conf");
        File.WriteAllText(configuration, $$"""
            daemon off;
            worker_processes auto;
            pid {{directory}}/nginx.pid;
            error_log stderr;
            events { }
            http {
                sendfile on;
                tcp_nopush on;
                keepalive_requests 1000000;
                access_log {{directory}}/access.log;
                server {
                    listen 127.0.0.1:{{port}};
                    root {{Root(directory)}};
                    location = {{Ready}} { return 200; }
                }
            }

            """);
        Directory.CreateDirectory(Root(directory));
        return RegistryServer.Start("nginx", ["-p", directory, "-e", "stderr", "-c", configuration], port, directory);
    }

    /// <summary>Makes a file, wherever it is, a target of requests.</summary>
    public static void Serve(RegistryServer server, string target, string file)
    {
        var path = Path.Join(Root(server.DataDirectory), target);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.CreateSymbolicLink(path, file);
    }

    private static string Root(string directory) => Path.Combine(directory, "files");
}
