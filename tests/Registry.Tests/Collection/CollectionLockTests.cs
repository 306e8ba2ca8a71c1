using System.Net;
using Npgsql;

namespace Registry.Tests.Collection;

/// <summary>What a writer sees that had to wait for a collection to commit. Only PostgreSQL has writers that wait for rows.</summary>
[Trait("Needs", "postgres")]
public sealed class CollectionLockTests
{
    /// <summary>What collection does to blobs whose lease is over in this repository while another repository keeps them.</summary>
    private const string DropLinks = """
        select object_id from blob for update;
        delete from repository_blob where not exists (
            select 1 from manifest_edge e
            where e.blob_id = repository_blob.blob_id and e.repository_id = repository_blob.repository_id)
        """;

    [Fact]
    public async Task Manifest_that_waited_while_its_blobs_were_collected_is_refused()
    {
        await using var app = await RegistryApp.StartAsync(Engine.Postgres);
        var image = Image.Random();
        await app.Repository("one").PushImageAsync(image, "v1");
        var two = app.Repository("two");
        foreach (var content in image.Blobs.Values)
        {
            await two.PushBlobAsync(content);
        }

        await using var connection = new NpgsqlConnection(app.ConnectionString);
        await connection.OpenAsync();
        await using var collection = await connection.BeginTransactionAsync();
        await ExecuteAsync(connection, DropLinks);
        var put = two.PutManifestAsync("v1", image.Manifest);
        await Eventually.TrueAsync(() => SomeoneWaitsAsync(connection), "the push waits for a row of the collection");
        await collection.CommitAsync();

        using var response = await put;
        await OciAssert.ErrorAsync(response, HttpStatusCode.BadRequest, "MANIFEST_BLOB_UNKNOWN");
    }

    private static async Task<bool> SomeoneWaitsAsync(NpgsqlConnection connection) =>
        (long)(await ExecuteAsync(connection, "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"))! > 0;

    private static async Task<object?> ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}
