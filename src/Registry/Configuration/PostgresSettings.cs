using Npgsql;

namespace Registry.Configuration;

/// <summary>Reads how PostgreSQL is reached: two connection strings and the section <c>Postgres</c>.</summary>
internal static class PostgresSettings
{
    private const string Main = "ConnectionStrings:Postgres";
    private const string Listening = "ConnectionStrings:PostgresNotifications";
    private const string Nowhere = "none";

    // One to read and one to write are the least.
    private const int FewestConnections = 2;
    private const int MostConnections = 1000;

    /// <summary>The connection string with what the settings add to it; null for the embedded database.</summary>
    /// <exception cref="ConfigurationException">A setting is wrong.</exception>
    public static string? Read(Settings settings)
    {
        var most = settings.Number("Postgres:MaxPoolSize", 0, FewestConnections, MostConnections);
        var prepare = settings.Flag("Postgres:Prepare", true);
        if (Parse(settings, Main) is not { } connection)
        {
            return null;
        }

        if (most > 0)
        {
            connection.MaxPoolSize = (int)most;
        }

        if (!prepare)
        {
            connection.MaxAutoPrepare = 0;
        }

        return connection.ToString();
    }

    /// <summary>The connection string on which to listen to notifications; null when nobody does.</summary>
    /// <exception cref="ConfigurationException">It is none.</exception>
    public static string? ReadNotifications(Settings settings) =>
        settings.Text(Listening) == Nowhere ? null : (Parse(settings, Listening) ?? Parse(settings, Main))?.ToString();

    // What is wrong is told without the text: it may hold a password.
    private static NpgsqlConnectionStringBuilder? Parse(Settings settings, string key)
    {
        try
        {
            return settings.Text(key) is { } text ? new NpgsqlConnectionStringBuilder(text) : null;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or OverflowException)
        {
            throw new ConfigurationException($"{key} is no connection string of Npgsql: {e.Message}");
        }
    }
}
