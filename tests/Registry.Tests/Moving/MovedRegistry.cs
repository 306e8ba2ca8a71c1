using System.Net;
using Registry.Tests.Collection;
using Registry.Tests.Wire;

namespace Registry.Tests.Moving;

/// <summary>A data directory whose metadata are in SQLite first, and in a PostgreSQL database after a copy.</summary>
internal sealed class MovedRegistry : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private MovedRegistry(string target) => Target = target;

    /// <summary>The connection string of the PostgreSQL database, which is empty at first.</summary>
    public string Target { get; }

    public string Directory => _directory.Path;

    public string SqliteFile => _directory.File("registry.db");

    public string MovedFile => _directory.File("registry.db.moved");

    public Sql Postgres => new(Engine.Postgres, Directory, Target);

    public static async Task<MovedRegistry> CreateAsync() => new(await PostgresCluster.CreateDatabaseAsync());

    /// <summary>A registry on the directory, as it is before and after the move. Collection runs when it is asked for.</summary>
    public Task<RegistryApp> StartAsync(Engine engine) => RegistryApp.StartAsync(
        engine,
        [.. Inventory.OnDemand, ("DataDirectory", Directory), .. engine is Engine.Postgres ? [("ConnectionStrings:Postgres", Target)] : Array.Empty<(string, string)>()]);

    /// <summary>Makes a database with the schema and the keys of a first start.</summary>
    public async Task StartOnceAsync(Engine engine = Engine.Sqlite)
    {
        await using var app = await StartAsync(engine);
    }

    public Task<string> CopyAsync() => RegistryCommandLine.RunAsync(Directory, "", ["metadata", "copy", $"--to={Target}"]);

    /// <summary>A copy that has to be refused; returns why.</summary>
    public async Task<string> RefuseAsync(string? to = null)
    {
        var (code, message) = await RegistryCommandLine.FailAsync(Directory, "metadata", "copy", $"--to={to ?? Target}");
        Assert.Equal(1, code);
        Assert.StartsWith("registry: ", message.Split('\n')[^1], StringComparison.Ordinal);
        return message.Split('\n')[^1];
    }

    public Task<long> TablesInPostgresAsync() => Postgres.NumberAsync("select count(*) from pg_tables where schemaname = 'public'");

    /// <summary>Pulls a whole image.</summary>
    public static async Task IsThereAsync(RepositoryClient repository, Image image, string reference)
    {
        using var manifest = await repository.GetManifestAsync(reference);
        await OciAssert.DigestAsync(manifest, HttpStatusCode.OK, image.Digest, image.Manifest);
        foreach (var (digest, content) in image.Blobs)
        {
            using var blob = await repository.GetBlobAsync(digest);
            await OciAssert.DigestAsync(blob, HttpStatusCode.OK, digest, content);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _directory.Dispose();
        await PostgresCluster.DropDatabaseAsync(Target);
    }
}
