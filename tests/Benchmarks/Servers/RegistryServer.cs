using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Registry.Benchmarks.Http;

namespace Registry.Benchmarks.Servers;

/// <summary>A running registry process, ours or the peer.</summary>
/// <param name="process">The registry itself, not a shell around it.</param>
/// <param name="port">Where it listens on the loopback.</param>
/// <param name="dataDirectory">What it stores.</param>
/// <param name="log">Where its output goes, the access log among it.</param>
internal sealed class RegistryServer(Process process, int port, string dataDirectory, string log) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private bool disposed;

    public int Port => port;

    public string DataDirectory => dataDirectory;

    public ProcessUsage Usage => new(process.Id);

    /// <summary>Starts a program with its output in a file, as a service manager would.</summary>
    public static RegistryServer Start(string program, IEnumerable<string> arguments, int port, string dataDirectory)
    {
        var log = dataDirectory.TrimEnd('/') + ".log";
        // The shell replaces itself by the program: one process, whose number is known.
        var start = new ProcessStartInfo("/bin/sh", ["-c", $"exec \"$0\" \"$@\" >'{log}' 2>&1 </dev/null", program, .. arguments])
        {
            WorkingDirectory = dataDirectory,
        };
        // docker-registry's S3 driver does not start with it: its SDK cannot add certificates to the transport that the driver makes.
        start.Environment.Remove("AWS_CA_BUNDLE");
        var process = Process.Start(start) ?? throw new BenchmarkException($"{program} did not start.");
        return new RegistryServer(process, port, dataDirectory, log);
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Waits until the path is answered with 200.</summary>
    public RegistryServer WaitUntilReady(string path)
    {
        var started = Stopwatch.GetTimestamp();
        while (!Answers(path))
        {
            if (process.HasExited || Stopwatch.GetElapsedTime(started) > Patience)
            {
                var reason = $"The server on port {port} is not ready. Its output ends with:\n{Tail()}";
                Dispose();
                throw new BenchmarkException(reason);
            }

            Thread.Sleep(2);
        }

        return this;
    }

    /// <summary>Whether the path is answered with 200 now.</summary>
    public bool Answers(string path)
    {
        try
        {
            using var connection = HttpConnection.Open(port);
            return connection.Send("GET", path).Status == 200;
        }
        catch (Exception failure) when (failure is SocketException or IOException)
        {
            return false;
        }
    }

    public void Dispose()
    {
        if (disposed)
        {
            return;
        }

        disposed = true;
        process.Kill(entireProcessTree: true);
        process.WaitForExit();
        process.Dispose();
        File.Delete(log);
    }

    private string Tail() => File.Exists(log) ? string.Join('\n', File.ReadLines(log).TakeLast(20)) : "";
}
