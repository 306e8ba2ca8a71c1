using System.Net;
using Npgsql;
using Registry.Tests.Wire;

namespace Registry.Tests.Durability;

/// <summary>D7: bytes whose sync failed are never promised, not even by a later sync that succeeds.</summary>
[Trait("Needs", "clients")]
public sealed class FailedSyncTests
{
    [Theory, Engines("PUT"), Engines("POST"), Engines("PATCH")]
    public async Task D7_A_file_that_cannot_be_synced_is_503_and_no_blob(Engine engine, string way)
    {
        await using var registry = await RegistryProcess.StartAsync(engine);
        var repository = new RepositoryWire(registry.Client, "library/app");
        var image = await repository.PushImageAsync("v1");
        var content = Oci.RandomBytes(100_000);
        var digest = RepositoryWire.DigestOf(content);
        var location = await repository.StartAsync();

        // The registry syncs objects with fdatasync and nothing else with it; SQLite is built with fsync.
        await using (await Strace.AttachAsync(registry.Id, "trace=fdatasync", "inject=fdatasync:error=EIO", "signal=none"))
        {
            var answer = way switch
            {
                "POST" => await repository.PostAsync($"?digest={digest}", Wire.Http.Sized(content)),
                "PUT" => await repository.CloseAsync(location, digest, content),
                _ => await repository.ChunkAsync(location, content, 0),
            };
            answer.IsError(503, "UNAVAILABLE");
        }

        (await repository.HeadAsync($"blobs/{digest}")).Is(404);
        if (way != "POST")
        {
            // The session is condemned with its bytes: syncing them again would succeed and mean nothing.
            (await repository.StatusAsync(location)).IsError(404, "BLOB_UPLOAD_UNKNOWN");
            (await repository.CloseAsync(location, digest)).IsError(404, "BLOB_UPLOAD_UNKNOWN");
        }

        Assert.Equal(image.Content, (await repository.GetAsync("manifests/v1")).Is(200).Body);
        await repository.PushBlobAsync(content);
        Assert.Equal(content, (await repository.GetAsync($"blobs/{digest}")).Is(200).Body);
    }

    [Theory, Engines]
    public async Task D7_A_folder_that_cannot_be_synced_is_503_and_no_blob(Engine engine)
    {
        await using var registry = await RegistryProcess.StartAsync(engine);
        var repository = new RepositoryWire(registry.Client, "library/app");
        var content = Oci.RandomBytes(100_000);
        var digest = RepositoryWire.DigestOf(content);
        var location = await repository.StartAsync();

        await using (await Strace.AttachAsync(registry.Id, "trace=fsync", "inject=fsync:error=EIO", "signal=none"))
        {
            (await repository.CloseAsync(location, digest, content)).IsError(503, "UNAVAILABLE");
        }

        (await repository.HeadAsync($"blobs/{digest}")).Is(404);
        await repository.PushBlobAsync(content);
        Assert.Equal(content, (await repository.GetAsync($"blobs/{digest}")).Is(200).Body);
    }

    [Theory, Engines(100), Engines(100_000)]
    public async Task D7_The_connection_of_a_push_that_failed_goes_on(Engine engine, int size)
    {
        await using var registry = await RegistryProcess.StartAsync(engine);
        var content = Oci.RandomBytes(size);
        await using var connection = await RawHttp.ConnectAsync(registry.Address);

        await using (await Strace.AttachAsync(registry.Id, "trace=fdatasync", "inject=fdatasync:error=EIO", "signal=none"))
        {
            await connection.SendHeadAsync($"POST /v2/library/app/blobs/uploads/?digest={RepositoryWire.DigestOf(content)} HTTP/1.1\nContent-Length: {size}");
            await connection.SendAsync(content);
            OciAssert.Error(await connection.ReadResponseAsync(), HttpStatusCode.ServiceUnavailable, "UNAVAILABLE");
        }

        await connection.SendHeadAsync("GET /v2/ HTTP/1.1");
        Assert.Equal(200, (await connection.ReadResponseAsync()).Status);
        Assert.DoesNotContain("Kestrel", registry.Errors, StringComparison.Ordinal);
    }

    [Theory, Engines]
    public async Task D7_A_file_that_cannot_be_written_is_503_and_no_blob(Engine engine)
    {
        await using var registry = await RegistryProcess.StartAsync(engine);
        var repository = new RepositoryWire(registry.Client, "library/app");
        var content = Oci.RandomBytes(100_000);
        var digest = RepositoryWire.DigestOf(content);
        var location = await repository.StartAsync();

        await using (await Strace.AttachAsync(registry.Id, "trace=pwritev", "inject=pwritev:error=EIO", "signal=none"))
        {
            (await repository.CloseAsync(location, digest, content)).IsError(503, "UNAVAILABLE");
        }

        (await repository.HeadAsync($"blobs/{digest}")).Is(404);
        await repository.PushBlobAsync(content);
    }

    [Fact]
    public async Task D7_A_database_that_cannot_be_synced_is_503_and_the_registry_recovers_by_itself()
    {
        await using var registry = await RegistryProcess.StartAsync(Engine.Sqlite);
        var repository = new RepositoryWire(registry.Client, "library/app");
        var image = await repository.PushImageAsync("v1");
        var next = (await repository.ImageOfFreshBlobsAsync()).Bytes();

        await using (await Strace.AttachAsync(registry.Id, "trace=fsync", "inject=fsync:error=EIO", "signal=none"))
        {
            (await repository.PutManifestAsync("v1", next, Oci.ManifestType)).IsError(503, "UNAVAILABLE");
            (await repository.DeleteAsync("manifests/v1")).IsError(503, "UNAVAILABLE");
        }

        Assert.Equal(image.Content, (await repository.GetAsync("manifests/v1")).Is(200).Body);
        (await repository.PutManifestAsync("v1", next, Oci.ManifestType)).Is(201);
        Assert.Equal(next, (await repository.GetAsync("manifests/v1")).Is(200).Body);
    }

    [Fact]
    public async Task D7_A_PostgreSQL_that_cannot_sync_is_503_and_the_registry_recovers_by_itself()
    {
        // One connection that writes, and so one process of the server that commits. It panics, and the server recovers as from a crash.
        await using var postgres = await PostgresCluster.StartOwnAsync();
        var connection = new NpgsqlConnectionStringBuilder(await postgres.CreateAsync()) { MaxPoolSize = 1 }.ConnectionString;
        await using var registry = await RegistryProcess.StartAsync(
            Engine.Postgres, ("ConnectionStrings:Postgres", connection), ("Collection:Interval", "1.00:00:00"));
        var repository = new RepositoryWire(registry.Client, "library/app");
        var image = await repository.PushImageAsync("v1");
        var next = (await repository.ImageOfFreshBlobsAsync()).Bytes();
        var server = await Sql.Of(Engine.Postgres, registry).NumberAsync(
            "select pid from pg_stat_activity where datname = current_database() and query = 'COMMIT'");

        await using (await Strace.AttachAsync((int)server, "trace=fdatasync", "inject=fdatasync:error=EIO", "signal=none"))
        {
            (await repository.PutManifestAsync("v1", next, Oci.ManifestType)).IsError(503, "UNAVAILABLE").Has("Retry-After", "5");
        }

        await Eventually.TrueAsync(async () => (await registry.Client.SendAsync("GET", "/readyz")).Status == 200, "the registry is ready again");
        var shown = (await repository.GetAsync("manifests/v1")).Is(200).Body;
        Assert.True(shown.SequenceEqual(image.Content) || shown.SequenceEqual(next), "the tag points to neither image");
        (await repository.PutManifestAsync("v1", next, Oci.ManifestType)).Is(201);
        Assert.Equal(next, (await repository.GetAsync("manifests/v1")).Is(200).Body);
    }
}
