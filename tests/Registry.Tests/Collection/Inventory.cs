using Microsoft.Extensions.DependencyInjection;
using Registry.Storage.Collection;
using Registry.Storage.Metadata;

namespace Registry.Tests.Collection;

/// <summary>What a registry has in its tables and on its disk or in its bucket.</summary>
internal sealed class Inventory(RegistryApp app)
{
    /// <summary>Collection without any waiting.</summary>
    public static readonly (string, string)[] AtOnce =
    [
        ("Collection:Window", "0:00:00"), ("Collection:Lease", "0:00:00"), ("Collection:Grace", "0:00:00"), ("Collection:Interval", "0:00:00.02"),
    ];

    /// <summary>Collection when a test asks for it: it does not run by itself, and what it may take is due at once.</summary>
    public static readonly (string, string)[] OnDemand =
        [.. AtOnce, ("Collection:Interval", "1.00:00:00"), ("ConnectionStrings:PostgresNotifications", "none")];

    /// <summary>The objects without those whose ids are kept ready for the next uploads.</summary>
    public const string InUse = "state > 0 or exists (select 1 from upload where object_id = object.id)";

    /// <summary>Runs collection until nothing is left to do.</summary>
    public Task CollectAsync() => Eventually.TrueAsync(
        async () =>
        {
            await app.Services.GetRequiredService<Collector>().RunAsync(CancellationToken.None);
            return await CountAsync("repository", "emptying is not null") + await CountAsync("manifest_queue") + await CountAsync("blob_queue")
                + await CountAsync("object", "state = 2") == 0;
        },
        "collection comes to an end");

    public async Task<long> CountAsync(string table, string where = "1 = 1")
    {
        var database = app.Services.GetRequiredService<Database>();
        await using var session = await database.ReadAsync(CancellationToken.None);
        return await session.FirstAsync<long>($"select count(*) from {table} where {where}");
    }

    /// <summary>For rows that no request makes.</summary>
    public Task WriteAsync(string sql) =>
        app.Services.GetRequiredService<Database>().WriteAsync(session => session.ExecuteAsync(sql), CancellationToken.None);

    public async Task<int> FilesAsync() => (await StoredObjects.ListAsync(app.DataDirectory, app.Bucket)).Count;

    /// <summary>Collects until exactly <paramref name="blobs"/> are left, each with its row, its object and its file, and nothing is to be done.</summary>
    public async Task SettleAsync(int blobs)
    {
        var seen = string.Empty;
        await Eventually.TrueAsync(
            async () =>
            {
                await app.Services.GetRequiredService<Collector>().RunAsync(CancellationToken.None);
                var tasks = await CountAsync("manifest_queue") + await CountAsync("blob_queue");
                var (rows, objects, files) = (await CountAsync("blob"), await CountAsync("object", InUse), await FilesAsync());
                seen = $"{rows} blobs, {objects} objects, {tasks} tasks, {files} files; {blobs} expected";
                return rows == blobs && objects == blobs && files == blobs && tasks == 0;
            },
            () => seen);
    }
}
