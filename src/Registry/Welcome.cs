using Registry.Configuration;
using Registry.Storage.Metadata;
using Registry.Telemetry;

namespace Registry;

/// <summary>The first and the first visible thing a start does.</summary>
internal static class Welcome
{
    /// <summary>Brings the schema up to date before anything is served.</summary>
    /// <exception cref="ConfigurationException">PostgreSQL cannot be reached.</exception>
    public static void Migrate(Database database, RegistryOptions options)
    {
        try
        {
            database.MigrateAsync(CancellationToken.None).GetAwaiter().GetResult();
        }
        catch (Npgsql.NpgsqlException e) when (options.Storage.Postgres is not null)
        {
            throw new ConfigurationException($"ConnectionStrings:Postgres: the database cannot be used: {e.Message}");
        }
    }

    /// <summary>Says where the registry listens, where the data is, and what to try first.</summary>
    public static void Print(WebApplication app)
    {
        var options = app.Services.GetRequiredService<RegistryOptions>();
        app.Services.GetService<OpenTelemetryExport>();
        var address = new Uri(app.Urls.First().Replace("[::]", "localhost", StringComparison.Ordinal).Replace("*", "localhost", StringComparison.Ordinal));
        var database = options.Storage.Postgres is null ? "embedded SQLite" : "PostgreSQL";
        Console.Error.WriteLine($"""
            Registry is listening on {string.Join(" and ", app.Urls)}
            Data is in {options.Storage.DataDirectory}, metadata in {database}. Stop with Ctrl-C.
            First push:
              docker pull hello-world && docker tag hello-world {address.Authority}/hello
              docker push {address.Authority}/hello
            """);
        if (options.Open)
        {
            Console.Error.WriteLine("Access:Open=true: everyone who can reach these addresses may pull, push and delete.");
        }

        if (options.ReadOnly)
        {
            Console.Error.WriteLine("ReadOnly=true: writes are refused.");
        }
    }
}
