using Registry.Configuration;
using Registry.Storage.Metadata;

namespace Registry.Workers;

/// <summary>Brings the schema up to date before anything is served: hosted services start in order, the HTTP server last.</summary>
internal sealed class SchemaUpdate(Database database, RegistryOptions options) : IHostedService
{
    /// <exception cref="ConfigurationException">The database cannot be used.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await database.MigrateAsync(cancellationToken);
        }
        catch (Npgsql.NpgsqlException e) when (options.Storage.Postgres is not null)
        {
            throw new ConfigurationException($"ConnectionStrings:Postgres: the database cannot be used: {e.Message}");
        }
        catch (NewerSchemaException e)
        {
            throw new ConfigurationException(e.Message);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
