using Npgsql;

namespace Registry.Benchmarks.Servers;

/// <summary>A PostgreSQL cluster of the run's own, with the defaults of the package: every commit is synced.</summary>
internal sealed class PostgresCluster : IDisposable
{
    private readonly string _directory;
    private readonly int _port;
    private int _databases;

    private PostgresCluster(string directory, int port)
    {
        _directory = directory;
        _port = port;
    }

    public static void Require() => Binary("initdb");

    public static PostgresCluster Start(string directory)
    {
        Directory.CreateDirectory(directory);
        if (Environment.IsPrivilegedProcess)
        {
            Tools.Run("chown", "postgres", directory);
        }

        string data = Path.Combine(directory, "data");
        int port = RegistryServer.FreePort();
        AsServerUser(Binary("initdb"), "-D", data, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C");
        string settings = $"-p {port} -k {directory} -c listen_addresses=127.0.0.1";
        AsServerUser(Binary("pg_ctl"), "-D", data, "-w", "-s", "-l", Path.Combine(directory, "log"), "-o", settings, "start");
        return new PostgresCluster(directory, port);
    }

    /// <summary>Creates an empty database and returns how to reach it.</summary>
    public string CreateDatabase()
    {
        string name = $"registry{Interlocked.Increment(ref _databases)}";
        using NpgsqlConnection connection = new(ConnectionString("postgres"));
        connection.Open();
        using NpgsqlCommand command = new($"CREATE DATABASE {name}", connection);
        command.ExecuteNonQuery();
        return ConnectionString(name);
    }

    public void Dispose() => AsServerUser(Binary("pg_ctl"), "-D", Path.Combine(_directory, "data"), "-s", "-m", "immediate", "stop");

    private string ConnectionString(string database) => $"Host=127.0.0.1;Port={_port};Username=postgres;Database={database}";

    /// <summary>The newest installed version; the server's own programs are not on the path.</summary>
    private static string Binary(string name)
    {
        const string Root = "/usr/lib/postgresql";
        string? found = Directory.Exists(Root)
            ? Directory.GetDirectories(Root)
                .OrderByDescending(folder => int.TryParse(Path.GetFileName(folder), out int version) ? version : 0)
                .Select(folder => Path.Combine(folder, "bin", name))
                .FirstOrDefault(File.Exists)
            : null;
        return found ?? throw new BenchmarkException("PostgreSQL is missing. Install it with: apt-get install postgresql");
    }

    /// <summary>PostgreSQL refuses to run as root.</summary>
    private static void AsServerUser(string program, params string[] arguments)
    {
        if (Environment.IsPrivilegedProcess)
        {
            // The server must not keep our pipes open, so its output goes to its log only.
            Tools.Run("runuser", ["-u", "postgres", "--", program, .. arguments]);
        }
        else
        {
            Tools.Run(program, arguments);
        }
    }
}
