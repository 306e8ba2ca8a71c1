using Registry.Tests.Wire;

namespace Registry.Tests.Conformance.Uploads;

/// <summary>distribution-spec, "Pushing a blob in chunks": PATCH with Content-Range.</summary>
[OnS3]
public sealed class ChunkedUploadTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    private static readonly int[] Sizes = [1024, 1024, 1019];

    [Theory, Engines("sha256"), Engines("sha512")]
    public async Task One_chunk_and_an_empty_close_store_a_blob(Engine engine, string algorithm)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = Oci.RandomBytes(2000);

        var chunk = (await repository.ChunkAsync(await repository.StartAsync(), content, 0)).Is(202).Has("Range", "0-1999").Has("Content-Length", "0");

        await CloseAsync(repository, chunk.Location, content, algorithm);
    }

    [Theory, Engines("sha256"), Engines("sha512")]
    public async Task Three_chunks_store_a_blob(Engine engine, string algorithm)
    {
        var repository = await registry.RepositoryAsync(engine);
        var chunks = Chunks();
        var location = await repository.StartAsync();

        var at = 0;
        foreach (var chunk in chunks)
        {
            var answer = (await repository.ChunkAsync(location, chunk, at)).Is(202);
            at += chunk.Length;
            answer.Has("Range", $"0-{at - 1}");
            Assert.NotNull(answer["Docker-Upload-UUID"]);
            location = answer.Location;
        }

        await CloseAsync(repository, location, [.. chunks.SelectMany(c => c)], algorithm);
    }

    [Theory, Engines("sha256"), Engines("sha512")]
    public async Task The_last_chunk_may_come_with_the_close(Engine engine, string algorithm)
    {
        var repository = await registry.RepositoryAsync(engine);
        var chunks = Chunks();
        byte[] content = [.. chunks.SelectMany(c => c)];
        var digest = RepositoryWire.DigestOf(content, algorithm);
        var location = (await repository.ChunkAsync(await repository.StartAsync(), chunks[0], 0)).Is(202).Location;
        location = (await repository.ChunkAsync(location, chunks[1], 1024)).Is(202).Location;

        (await repository.CloseAsync(location, digest, chunks[2], ("Content-Range", "2048-3066"))).Is(201).Has("Docker-Content-Digest", digest);

        Assert.Equal(content, (await repository.GetAsync($"blobs/{digest}")).Is(200).Body);
    }

    [Theory, Engines("sha256"), Engines("sha512")]
    public async Task Chunk_out_of_order_is_416_and_the_session_survives(Engine engine, string algorithm)
    {
        var repository = await registry.RepositoryAsync(engine);
        var chunks = Chunks();
        var location = (await repository.ChunkAsync(await repository.StartAsync(), chunks[0], 0)).Is(202).Location;

        var refused = (await repository.ChunkAsync(location, chunks[2], 2048)).IsError(416, "BLOB_UPLOAD_INVALID").Has("Range", "0-1023");
        var status = (await repository.StatusAsync(refused.Location)).Is(204).Has("Range", "0-1023");

        location = (await repository.ChunkAsync(status.Location, chunks[1], 1024)).Is(202).Location;
        location = (await repository.ChunkAsync(location, chunks[2], 2048)).Is(202).Location;
        await CloseAsync(repository, location, [.. chunks.SelectMany(c => c)], algorithm);
    }

    [Theory, Engines("sha256"), Engines("sha512")]
    public async Task Close_with_a_chunk_out_of_order_is_416_and_the_session_survives(Engine engine, string algorithm)
    {
        var repository = await registry.RepositoryAsync(engine);
        var chunks = Chunks();
        byte[] content = [.. chunks.SelectMany(c => c)];
        var digest = RepositoryWire.DigestOf(content, algorithm);
        var location = (await repository.ChunkAsync(await repository.StartAsync(), chunks[0], 0)).Is(202).Location;

        var refused = await repository.CloseAsync(location, digest, chunks[2], ("Content-Range", "2048-3066"));

        refused.IsError(416, "BLOB_UPLOAD_INVALID").Has("Range", "0-1023");
        location = (await repository.StatusAsync(refused.Location)).Is(204).Has("Range", "0-1023").Location;
        location = (await repository.ChunkAsync(location, chunks[1], 1024)).Is(202).Location;
        (await repository.CloseAsync(location, digest, chunks[2], ("Content-Range", "2048-3066"))).Is(201);
        Assert.Equal(content, (await repository.GetAsync($"blobs/{digest}")).Is(200).Body);
    }

    [Theory, Engines]
    public async Task The_first_chunk_begins_at_zero(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var location = await repository.StartAsync();

        (await repository.ChunkAsync(location, Oci.RandomBytes(10), 1)).IsError(416, "BLOB_UPLOAD_INVALID").Has("Range", "0-0");

        (await repository.ChunkAsync(location, Oci.RandomBytes(10), 0)).Is(202).Has("Range", "0-9");
    }

    [Theory, Engines]
    public async Task A_chunk_sent_twice_is_416_the_second_time(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = Oci.RandomBytes(100);
        var location = (await repository.ChunkAsync(await repository.StartAsync(), content, 0)).Is(202).Location;

        (await repository.ChunkAsync(location, content, 0)).IsError(416, "BLOB_UPLOAD_INVALID").Has("Range", "0-99");

        await CloseAsync(repository, location, content, "sha256");
    }

    [Theory, Engines("bytes 0-99/*"), Engines("bytes 0-99/100"), Engines("0-99")]
    public async Task Ranges_as_HTTP_writes_them_are_taken_too(Engine engine, string range)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = Oci.RandomBytes(100);
        var location = await repository.StartAsync();

        (await repository.Http.SendAsync("PATCH", location, Wire.Http.Sized(content), ("Content-Range", range))).Is(202).Has("Range", "0-99");
    }

    [Theory, Engines]
    public async Task A_chunk_in_chunked_coding_with_its_range_is_taken(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = Oci.RandomBytes(100);
        var location = await repository.StartAsync();

        (await repository.Http.SendAsync("PATCH", location, Wire.Http.Streamed(content), ("Content-Range", "0-99"))).Is(202).Has("Range", "0-99");

        await CloseAsync(repository, location, content, "sha256");
    }

    [Theory, Engines]
    public async Task Chunks_of_64_KiB_as_the_NET_SDK_sends_them_store_a_blob(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = Oci.RandomBytes((10 * 65536) + 5);
        var location = await repository.StartAsync();
        for (var at = 0; at < content.Length; at += 65536)
        {
            location = (await repository.ChunkAsync(location, content.AsMemory(at, Math.Min(65536, content.Length - at)), at)).Is(202).Location;
        }

        await CloseAsync(repository, location, content, "sha256");
    }

    [Theory, Engines("sha256"), Engines("sha512")]
    public async Task Chunks_under_a_wrong_digest_are_400(Engine engine, string algorithm)
    {
        var repository = await registry.RepositoryAsync(engine);
        var wrong = RepositoryWire.DigestOf(Oci.RandomBytes(32), algorithm);
        var location = (await repository.ChunkAsync(await repository.StartAsync(), Oci.RandomBytes(1024), 0)).Is(202).Location;

        (await repository.CloseAsync(location, wrong)).IsError(400, "DIGEST_INVALID");

        (await repository.StatusAsync(location)).IsError(404, "BLOB_UPLOAD_UNKNOWN");
    }

    [Theory, Engines("sha256"), Engines("sha512")]
    public async Task Chunks_and_a_last_one_in_the_close_under_a_wrong_digest_are_400(Engine engine, string algorithm)
    {
        var repository = await registry.RepositoryAsync(engine);
        var wrong = RepositoryWire.DigestOf(Oci.RandomBytes(32), algorithm);
        var location = (await repository.ChunkAsync(await repository.StartAsync(), Oci.RandomBytes(1024), 0)).Is(202).Location;

        (await repository.CloseAsync(location, wrong, Oci.RandomBytes(10), ("Content-Range", "1024-1033"))).IsError(400, "DIGEST_INVALID");

        (await repository.HeadAsync($"blobs/{wrong}")).Is(404);
    }

    private static byte[][] Chunks() => [.. Sizes.Select(Oci.RandomBytes)];

    private static async Task CloseAsync(RepositoryWire repository, string location, byte[] content, string algorithm)
    {
        var digest = RepositoryWire.DigestOf(content, algorithm);
        var closed = (await repository.CloseAsync(location, digest)).Is(201).Has("Docker-Content-Digest", digest);
        Assert.Equal(content, (await repository.Http.SendAsync("GET", closed.Location)).Is(200).Body);
    }
}
