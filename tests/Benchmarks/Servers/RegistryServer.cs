using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Registry.Benchmarks.Http;

namespace Registry.Benchmarks.Servers;

/// <summary>A running registry process, ours or the peer.</summary>
internal sealed class RegistryServer : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly Process _process;

    private RegistryServer(Process process, int port, string dataDirectory, string log)
    {
        _process = process;
        Port = port;
        DataDirectory = dataDirectory;
        Log = log;
    }

    public int Port { get; }

    public string DataDirectory { get; }

    /// <summary>Where standard output and error go, the access log among them.</summary>
    public string Log { get; }

    public ProcessUsage Usage => new(_process.Id);

    /// <summary>Starts a program with its output in a file, as a service manager would.</summary>
    public static RegistryServer Start(string program, IEnumerable<string> arguments, int port, string dataDirectory)
    {
        string log = dataDirectory.TrimEnd('/') + ".log";
        // The shell replaces itself by the program: one process, whose number is known.
        ProcessStartInfo start = new("/bin/sh", ["-c", $"exec \"$0\" \"$@\" >'{log}' 2>&1 </dev/null", program, .. arguments])
        {
            WorkingDirectory = dataDirectory,
        };
        Process process = Process.Start(start) ?? throw new BenchmarkException($"{program} did not start.");
        return new RegistryServer(process, port, dataDirectory, log);
    }

    public static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Waits until the path is answered with 200.</summary>
    public RegistryServer WaitUntilReady(string path)
    {
        long started = Stopwatch.GetTimestamp();
        while (!Answers(path))
        {
            if (_process.HasExited || Stopwatch.GetElapsedTime(started) > Patience)
            {
                string reason = $"The server on port {Port} is not ready. Its output ends with:\n{Tail()}";
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
            using HttpConnection connection = HttpConnection.Open(Port);
            return connection.Send("GET", path).Status == 200;
        }
        catch (Exception failure) when (failure is SocketException or IOException)
        {
            return false;
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private string Tail() => File.Exists(Log) ? string.Join('\n', File.ReadLines(Log).TakeLast(20)) : "";
}
