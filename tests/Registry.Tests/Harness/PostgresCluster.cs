using Npgsql;

namespace Registry.Tests;

/// <summary>
/// One PostgreSQL server per test run, started by the first test that needs it, and servers of their own for tests that stop them.
/// The guard of a server, a shell that reads a pipe from the test process, stops it and deletes its files when the test process ends,
/// however that happens.
/// </summary>
public sealed class PostgresCluster : IAsyncDisposable
{
    // Hostile on purpose: text does not sort by bytes and the clock of the sessions is not in UTC.
    private const string Script = """
        set -eu
        bin=$1 directory=$2 port=$3 sync=$4
        as=()
        if [ "$(id -u)" = 0 ]; then
            as=(setpriv --reuid=postgres --regid=postgres --init-groups)
            chown postgres: "$directory"
        fi
        cd "$directory"
        "${as[@]}" "$bin/initdb" --pgdata=data --username=postgres --auth=trust --encoding=UTF8 --no-sync \
            --locale=C.UTF-8 --locale-provider=icu --icu-locale=en-US
        start() {
            "${as[@]}" "$bin/postgres" -D data -p "$port" -k "$directory" -c listen_addresses=127.0.0.1 \
                -c max_connections=500 -c fsync="$sync" -c full_page_writes="$sync" -c timezone=Asia/Kathmandu &
            server=$!
        }
        start
        while read -r command; do
            if [ "$command" = start ]; then start; else kill "-$command" "$server"; wait "$server" || true; fi
        done
        kill -QUIT "$server" || true
        wait "$server" || true
        cd / && rm -rf "$directory"
        """;

    private static readonly Lazy<Task<PostgresCluster>> Running = new(() => StartAsync(sync: false));

    private readonly string _administration;

    // Holds the pipe: the server stops when this is collected.
    private readonly ChildProcess _guard;
    private int _databases;

    private PostgresCluster(string programs, string directory, int port, bool sync)
    {
        _administration = $"Host=127.0.0.1;Port={port};Username=postgres;Database=postgres;Include Error Detail=true";
        _guard = ChildProcess.StartGuard(Script, programs, directory, $"{port}", sync ? "on" : "off");
    }

    /// <summary>Creates an empty database in the server of the run and returns its connection string.</summary>
    public static async Task<string> CreateDatabaseAsync() => await (await Running.Value).CreateAsync();

    /// <summary>A server of the test's own, which syncs what it commits.</summary>
    public static Task<PostgresCluster> StartOwnAsync() => StartAsync(sync: true);

    /// <summary>Creates an empty database and returns its connection string.</summary>
    public async Task<string> CreateAsync()
    {
        var name = $"test_{Interlocked.Increment(ref _databases)}";
        await ExecuteAsync($"create database {name}");
        return new NpgsqlConnectionStringBuilder(_administration) { Database = name }.ConnectionString;
    }

    /// <summary>INT ends all sessions and stops; QUIT stops at once, as in a crash.</summary>
    public async Task StopAsync(string signal)
    {
        await _guard.SendAsync(signal);
        await Eventually.TrueAsync(async () => !await AnswersAsync(), "PostgreSQL has stopped");
    }

    public async Task StartAgainAsync()
    {
        await _guard.SendAsync("start");
        await Eventually.TrueAsync(AnswersAsync, "PostgreSQL accepts connections again");
    }

    public async ValueTask DisposeAsync()
    {
        _guard.EndInput();
        await _guard.ExitedAsync();
        await _guard.DisposeAsync();
    }

    /// <summary>Ends all sessions of the database and removes it.</summary>
    public static async Task DropDatabaseAsync(string connectionString)
    {
        await using (var connection = new NpgsqlConnection(connectionString))
        {
            NpgsqlConnection.ClearPool(connection);
        }

        var cluster = await Running.Value;
        await cluster.ExecuteAsync($"drop database if exists {new NpgsqlConnectionStringBuilder(connectionString).Database} with (force)");
    }

    private static async Task<PostgresCluster> StartAsync(bool sync)
    {
        var directory = Directory.CreateTempSubdirectory("registry-pg-").FullName;
        var cluster = new PostgresCluster(Programs, directory, Ports.Next(), sync);
        await Eventually.TrueAsync(cluster.AnswersAsync, "PostgreSQL accepts connections");
        return cluster;
    }

    /// <summary>Where the newest installed server and its tools are.</summary>
    public static string Programs =>
        Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").Select(version => Path.Combine(version, "bin"))
                .Where(bin => File.Exists(Path.Combine(bin, "initdb")))
                .MaxBy(bin => int.Parse(Path.GetFileName(Path.GetDirectoryName(bin)!), System.Globalization.CultureInfo.InvariantCulture))
                ?? throw new InvalidOperationException("/usr/lib/postgresql holds no server; tests/run installs one.")
            : throw new InvalidOperationException("PostgreSQL is not installed; tests/run installs it.");

    private async Task<bool> AnswersAsync()
    {
        Assert.False(_guard.HasExited, $"PostgreSQL did not start.\n{_guard.Output}\n{_guard.Errors}");
        try
        {
            await ExecuteAsync("select 1");
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(_administration);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
