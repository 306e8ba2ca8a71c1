using System.CommandLine;
using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Npgsql;
using Registry.Storage;
using Registry.Storage.Metadata;
using Registry.Storage.Objects.Moving;

namespace Registry.CommandLine;

/// <summary><c>registry storage</c>: where the bytes are.</summary>
internal static class StorageCommands
{
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(1);

    public static Command Create()
    {
        var copy = new Command("copy", "Copies what is in the second store alone, Storage:Second, to the bucket, Storage:S3, while registries serve from both");
        copy.SetAction((_, cancellationToken) => CopyAsync(cancellationToken));
        return RegistryCommand.Group("storage", "Where the bytes of blobs are", copy);
    }

    private static async Task<int> CopyAsync(CancellationToken cancellationToken)
    {
        var storage = RegistryApplication.StorageOf(RegistryCommand.Settings);
        if (storage.S3 is null || !storage.HasSecond)
        {
            throw new CommandException("where from, and where to? Objects are copied from Storage:Second to the bucket Storage:S3: set both, as for the registry itself");
        }

        if (storage.Postgres is null && !File.Exists(storage.SqliteFile))
        {
            throw new CommandException($"there is no {storage.SqliteFile}; name the data directory with --DataDirectory=…");
        }

        var end = await CopyAsync(storage, cancellationToken);
        Console.Out.WriteLine($"{end.Copied} objects were copied; the bucket has {end.Objects - end.Problems} of {end.Objects}.");
        return end.Problems == 0 ? 0 : throw new CommandException($"{end.Problems} objects could not be copied; see above");
    }

    private static async Task<StorageCopyProgress> CopyAsync(StorageOptions storage, CancellationToken cancellationToken)
    {
        try
        {
            // Beside a registry that runs: nothing is written.
            await using Database database = storage.Postgres is { } postgres ? new PostgresDatabase(postgres) : new SqliteDatabase(storage.SqliteFile);
            return await new StorageCopy(database, storage, Report(), problem => Console.Error.WriteLine(problem)).RunAsync(cancellationToken);
        }
        catch (Exception e) when (e is NpgsqlException or SqliteException or ArgumentException)
        {
            throw new CommandException($"the database cannot be used: {e.Message}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(e.Message);
        }
        catch (OperationCanceledException)
        {
            throw new CommandException("interrupted; run it again, and it goes on");
        }
    }

    private static Action<StorageCopyProgress> Report()
    {
        var clock = Stopwatch.StartNew();
        return progress =>
        {
            if (clock.Elapsed >= BetweenLines || progress.Objects == progress.TotalObjects)
            {
                Console.Error.WriteLine($"{progress.Objects} of {progress.TotalObjects} objects, {progress.Bytes >> 20} of {progress.TotalBytes >> 20} MiB, {progress.Copied} copied");
                clock.Restart();
            }
        };
    }
}
