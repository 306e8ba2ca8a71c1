using System.CommandLine;
using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Npgsql;
using Registry.Configuration;
using Registry.Storage;
using Registry.Storage.Metadata;
using Registry.Storage.Metadata.Moving;

namespace Registry.CommandLine;

/// <summary><c>registry metadata</c>: where the metadata are.</summary>
internal static class MetadataCommands
{
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(1);

    private static readonly Option<string?> To = new("--to")
    {
        Description = "Npgsql's connection string of an empty PostgreSQL database; else the setting ConnectionStrings:Postgres",
    };

    public static Command Create()
    {
        var copy = new Command("copy", "Moves the metadata of a registry that is stopped from SQLite to PostgreSQL") { To };
        copy.SetAction((parse, cancellationToken) => CopyAsync(parse.GetValue(To), cancellationToken));
        return RegistryCommand.Group("metadata", "Where the metadata are", copy);
    }

    private static async Task<int> CopyAsync(string? to, CancellationToken cancellationToken)
    {
        var storage = RegistryApplication.StorageOf(RegistryCommand.Settings);
        to ??= storage.Postgres ?? throw new CommandException("where to? --to \"Host=…;Database=…\", or the setting ConnectionStrings:Postgres");
        if (!File.Exists(storage.SqliteFile))
        {
            throw new CommandException(
                File.Exists(MetadataCopy.MovedName(storage.SqliteFile))
                    ? $"the metadata have been moved already: {MetadataCopy.MovedName(storage.SqliteFile)} is what they were before"
                    : $"there is no {storage.SqliteFile}; name the data directory with --DataDirectory=…");
        }

        using var held = new DataDirectory(storage);
        await CopyAsync(storage, to, cancellationToken);
        Console.Out.WriteLine(
            $"The metadata are in PostgreSQL now. Set ConnectionStrings:Postgres and start the registry. {MetadataCopy.MovedName(storage.SqliteFile)} is what they were; keep it until then.");
        return 0;
    }

    private static async Task CopyAsync(StorageOptions storage, string to, CancellationToken cancellationToken)
    {
        try
        {
            await new MetadataCopy(storage.SqliteFile, to, Report()).RunAsync(cancellationToken);
        }
        catch (Exception e) when (e is MetadataCopyException or NewerSchemaException)
        {
            throw new CommandException(e.Message);
        }
        catch (ArgumentException e)
        {
            throw new CommandException($"the connection string cannot be read: {e.Message}");
        }
        catch (NpgsqlException e)
        {
            throw new CommandException($"the PostgreSQL database cannot be used: {e.Message}");
        }
        catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{storage.SqliteFile}: {e.Message}");
        }
        catch (OperationCanceledException)
        {
            throw new CommandException("interrupted; run it again");
        }
    }

    private static Action<CopyProgress> Report()
    {
        var clock = Stopwatch.StartNew();
        return progress =>
        {
            if (progress.IsVerified)
            {
                Console.Error.WriteLine($"{progress.Table}: {progress.Rows} rows, verified");
            }
            else if (clock.Elapsed >= BetweenLines)
            {
                Console.Error.WriteLine($"{progress.Table}: {progress.Rows} of {progress.Total} rows");
                clock.Restart();
            }
        };
    }
}
