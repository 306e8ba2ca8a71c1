using Registry.Tests.Wire;

namespace Registry.Tests.Durability.Load;

/// <summary>The rows and the objects of a registry, dead or alive.</summary>
internal sealed class Remains(Engine engine, RegistryProcess registry)
{
    // An object in state 0 without an upload is kept ready for one, and has no file.
    private const string Unsettled =
        """
        select (select count(*) from upload) + (select count(*) from repository where emptying is not null)
          + (select count(*) from manifest m join repository r on r.id = m.repository_id where r.deleted_at is not null)
          + (select count(*) from tag t join repository r on r.id = t.repository_id where r.deleted_at is not null)
          + (select count(*) from blob_queue) + (select count(*) from manifest_queue)
          + (select count(*) from object where state = 2)
          + (select count(*) from object o where state = 1 and not exists (select 1 from blob b where b.object_id = o.id))
          + (select count(*) from blob b where not exists (select 1 from manifest_edge e where e.blob_id = b.id))
        """;

    /// <summary>While the registry is dead: every file has a row, and every blob a whole file. There is no moment at which that may not be so.</summary>
    public async Task AssertOrderAsync()
    {
        using var copy = new TemporaryDirectory();
        var sql = Still(copy);
        var files = await StoredObjects.ListAsync(registry.DataDirectory, registry.Bucket);
        var rows = (await sql.RowsAsync("select id, state from object")).ToDictionary(row => Hex(row[0]), row => (long)row[1]);
        Assert.Empty(files.Keys.Except(rows.Keys));
        foreach (var blob in await sql.RowsAsync("select object_id, size from blob"))
        {
            var id = Hex(blob[0]);
            Assert.True(files.TryGetValue(id, out var size), $"object {id} of a blob has no file");
            Assert.Equal((long)blob[1], size);
            Assert.Equal(1, rows[id]);
        }
    }

    /// <summary>
    /// The time is over for which PostgreSQL keeps the claims of dead writers, and the objects that they had kept ready: another
    /// replica's may be alive. The embedded database has no other replicas, and so no such time.
    /// </summary>
    public async Task LetClaimsLapseAsync()
    {
        if (engine is not Engine.Sqlite)
        {
            await Sql.Of(engine, registry).ExecuteAsync(
                "update upload set writer_until = 0 where writer is not null; update object set created_at = 0 where state = 0; delete from work_lease");
        }
    }

    /// <summary>While it lives: waits until collection has nothing left to do, and there is one object and one file for each blob, and for nothing else.</summary>
    public async Task SettleAsync()
    {
        var sql = Sql.Of(engine, registry);
        var left = 0L;
        await Eventually.TrueAsync(async () => (left = await sql.NumberAsync(Unsettled)) == 0, () => $"collection comes to rest; {left} rows are left");
        var blobs = (await sql.RowsAsync("select object_id from blob")).Select(row => Hex(row[0])).Order(StringComparer.Ordinal);
        var files = await StoredObjects.ListAsync(registry.DataDirectory, registry.Bucket);
        Assert.Equal(blobs, files.Keys.Order(StringComparer.Ordinal));
    }

    // Opening the embedded database would recover it, which is for the registry to do: a copy is looked at.
    private Sql Still(TemporaryDirectory copy)
    {
        if (engine is not Engine.Sqlite)
        {
            return Sql.Of(engine, registry);
        }

        foreach (var file in Directory.EnumerateFiles(registry.DataDirectory, "registry.db*"))
        {
            File.Copy(file, copy.File(Path.GetFileName(file)));
        }

        return new Sql(engine, copy.Path, null);
    }

    private static string Hex(object id) => Convert.ToHexStringLower((byte[])id);
}
