using Registry.Storage.Metadata;
using Registry.Storage.Objects.S3;
using Registry.Storage.Oci;

namespace Registry.Storage.Objects.Moving;

/// <summary>
/// Copies to the first store, a bucket, every object that is in the second alone, while registries serve from both. It only reads the
/// database, and goes through the objects in the order of their keys; what the bucket has is passed over, so that it can be ended at
/// any time and run again.
/// </summary>
/// <param name="database">Tells which objects there are.</param>
/// <param name="options">Name the two stores.</param>
/// <param name="report">Is told now and then how far it has come.</param>
/// <param name="complain">Is told of each object that cannot be copied.</param>
public sealed class StorageCopy(Database database, StorageOptions options, Action<StorageCopyProgress> report, Action<string> complain)
{
    // Objects under way at a time, each with one piece in memory.
    private const int AtATime = 8;
    private const int PageSize = 500;

    // More are no damage to single objects.
    private const int MostProblems = 1000;

    private readonly Lock gate = new();
    private StorageCopyProgress progress;

    /// <summary>Copies what is missing; returns how it ended.</summary>
    /// <exception cref="IOException">A store cannot be used at all.</exception>
    public async Task<StorageCopyProgress> RunAsync(CancellationToken cancellationToken)
    {
        using var target = new S3ObjectStore(options.S3!, database, options.SpoolDirectory, new GrowingObjects());
        var source = ObjectStores.OpenSecond(options, database)!;
        using var disposed = source as IDisposable;
        await target.CheckAsync(cancellationToken);
        await source.CheckAsync(cancellationToken);
        progress = await CountAsync(cancellationToken);
        for (var page = await PageAsync([], cancellationToken); page.Count > 0; page = await PageAsync(page[^1].Id, cancellationToken))
        {
            await Parallel.ForEachAsync(
                page,
                new ParallelOptions { MaxDegreeOfParallelism = AtATime, CancellationToken = cancellationToken },
                async (row, stop) => await CopyAsync(row, source, target, stop));
        }

        return progress;
    }

    private async ValueTask CopyAsync(ObjectRow row, IObjectStore source, S3ObjectStore target, CancellationToken cancellationToken)
    {
        var (isCopied, problem) = (false, default(string));
        try
        {
            isCopied = await TryCopyAsync(row, source, target, cancellationToken);
        }
        catch (Exception e) when (e is IOException or OciException)
        {
            problem = e.Message;
        }

        lock (gate)
        {
            progress = progress with
            {
                Objects = progress.Objects + 1,
                Bytes = progress.Bytes + row.Size,
                Copied = progress.Copied + (isCopied ? 1 : 0),
                Problems = progress.Problems + (problem is null ? 0 : 1),
            };
            report(progress);
            if (problem is not null)
            {
                complain($"{row.Digest.Text}: {problem}");
                problem = progress.Problems < MostProblems ? null : "given up: there are too many problems";
            }
        }

        if (problem is not null)
        {
            throw new IOException(problem);
        }
    }

    private async Task<bool> TryCopyAsync(ObjectRow row, IObjectStore source, S3ObjectStore target, CancellationToken cancellationToken)
    {
        var copy = target.Import(row.Object, row.Size);
        if (await copy.IsThereAsync(cancellationToken))
        {
            return false;
        }

        using var content = await source.OpenReadAsync(row.Object, 0, row.Size, cancellationToken);
        if (content is null)
        {
            return await IsWantedAsync(row, cancellationToken) ? throw new IOException("neither store has its bytes") : false;
        }

        await copy.WriteAsync(content, row.Digest, cancellationToken);

        // Collected meanwhile: whoever removes an object tries again after the grace, but nobody knows of what was killed here.
        if (!await IsWantedAsync(row, cancellationToken))
        {
            await target.DeleteAsync([new CondemnedObject(row.Object, Size: null)], cancellationToken);
            return false;
        }

        return true;
    }

    private async Task<bool> IsWantedAsync(ObjectRow row, CancellationToken cancellationToken)
    {
        await using var session = await database.ReadAsync(cancellationToken);
        return await session.FirstAsync<long?>("select 1 from blob where object_id = @Id", new { row.Id }) is not null;
    }

    private async Task<StorageCopyProgress> CountAsync(CancellationToken cancellationToken)
    {
        await using var session = await database.ReadAsync(cancellationToken);
        var total = await session.FirstAsync<TotalRow>("select count(*) as Objects, cast(coalesce(sum(size), 0) as bigint) as Bytes from blob");
        return new StorageCopyProgress(0, 0, total!.Objects, total.Bytes, 0, 0);
    }

    private async Task<IReadOnlyList<ObjectRow>> PageAsync(byte[] after, CancellationToken cancellationToken)
    {
        await using var session = await database.ReadAsync(cancellationToken);
        return await session.QueryAsync<ObjectRow>(
            $"select object_id as Id, digest as DigestKey, size as Size from blob where object_id > @after order by object_id limit {PageSize}", new { after });
    }

    private sealed record TotalRow(long Objects, long Bytes);

    private sealed record ObjectRow(byte[] Id, byte[] DigestKey, long Size)
    {
        public ObjectId Object => ObjectId.FromKey(Id);

        public Digest Digest => Digest.FromKey(DigestKey);
    }
}
