using Npgsql;

namespace Registry.Benchmarks.Servers;

/// <summary>A PostgreSQL cluster of the run's own, with the defaults of the package: every commit is synced.</summary>
internal sealed class PostgresCluster(string directory, int port) : IDisposable
{
    private int databases;

    /// <summary>Of the server and its sessions that are still open.</summary>
    public ProcessUsage Usage => new(int.Parse(File.ReadLines(Path.Combine(directory, "data", "postmaster.pid")).First()));

    public static void Require() => Binary("initdb");

    public static PostgresCluster Start(string directory)
    {
        Directory.CreateDirectory(directory);
        if (Environment.IsPrivilegedProcess)
        {
            Tools.Run("chown", "postgres", directory);
        }

        var data = Path.Combine(directory, "data");
        var port = RegistryServer.FreePort();
        AsServerUser(Binary("initdb"), "-D", data, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C");
        var settings = $"-p {port} -k {directory} -c listen_addresses=127.0.0.1";
        AsServerUser(Binary("pg_ctl"), "-D", data, "-w", "-s", "-l", Path.Combine(directory, "log"), "-o", settings, "start");
        return new PostgresCluster(directory, port);
    }

    /// <summary>Creates an empty database and returns how to reach it.</summary>
    public string CreateDatabase()
    {
        var name = $"registry{Interlocked.Increment(ref databases)}";
        using var connection = new NpgsqlConnection(ConnectionString("postgres"));
        connection.Open();
        using var command = new NpgsqlCommand($"CREATE DATABASE {name}", connection);
        command.ExecuteNonQuery();
        return ConnectionString(name);
    }

    public void Dispose() => AsServerUser(Binary("pg_ctl"), "-D", Path.Combine(directory, "data"), "-s", "-m", "immediate", "stop");

    private string ConnectionString(string database) => $"Host=127.0.0.1;Port={port};Username=postgres;Database={database}";

    /// <summary>The newest installed version; the server's own programs are not on the path.</summary>
    private static string Binary(string name)
    {
        const string Root = "/usr/lib/postgresql";
        var found = Directory.Exists(Root)
            ? Directory.GetDirectories(Root)
                .OrderByDescending(folder => int.TryParse(Path.GetFileName(folder), out var version) ? version : 0)
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
