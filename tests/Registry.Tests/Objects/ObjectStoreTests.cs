using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Registry.Tests.Wire;

namespace Registry.Tests.Objects;

/// <summary>
/// What every object store must do, at the sizes where a store changes its way: taken whole (64 KiB), blocks (256 KiB), the least part
/// (5 MiB), a part (8 MiB), a checkpoint (32 MiB).
/// </summary>
[OnS3]
public sealed class ObjectStoreTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    private const int KiB = 1 << 10;
    private const int MiB = 1 << 20;

    [Theory]
    [Engines(0), Engines(1), Engines((64 * KiB) - 1), Engines(64 * KiB), Engines((64 * KiB) + 1), Engines(256 * KiB), Engines((256 * KiB) + 1)]
    [Engines((5 * MiB) - 1), Engines(5 * MiB), Engines((8 * MiB) - 1), Engines(8 * MiB), Engines((8 * MiB) + 1), Engines((16 * MiB) + 1), Engines((33 * MiB) + 7)]
    public async Task A_blob_of_any_size_comes_back_as_it_went_by_PUT_and_by_PATCH(Engine engine, int size)
    {
        var repository = await registry.RepositoryAsync(engine);
        var (put, patched) = (Oci.RandomBytes(size), Oci.RandomBytes(size));

        (await repository.CloseAsync(await repository.StartAsync(), Oci.Digest(put), put)).Is(201);
        var location = (await repository.StreamAsync(await repository.StartAsync(), patched)).Is(202).Location;
        (await repository.CloseAsync(location, Oci.Digest(patched))).Is(201);

        await HasAsync(repository, put);
        await HasAsync(repository, patched);
    }

    [Theory]
    [Engines(1), Engines(2), Engines(3)]
    public async Task Chunks_of_any_size_make_one_blob(Engine engine, int seed)
    {
        var repository = await registry.RepositoryAsync(engine);
        var random = new Random(seed);
        var content = Oci.RandomBytes((20 * MiB) + random.Next(MiB));
        var location = await repository.StartAsync();

        for (var at = 0; at < content.Length;)
        {
            var count = Math.Min(content.Length - at, random.Next(4) switch { 0 => random.Next(1, 100), 1 => 64 * KiB, 2 => random.Next(1, 2 * MiB), _ => random.Next(1, 9 * MiB) });
            location = (await repository.ChunkAsync(location, content.AsMemory(at, count), at)).Is(202).Has("Range", $"0-{at + count - 1}").Location;
            at += count;
        }

        (await repository.CloseAsync(location, Oci.Digest(content))).Is(201);
        await HasAsync(repository, content);
    }

    [Theory]
    [Engines(100), Engines(3 * MiB), Engines(6 * MiB), Engines(20 * MiB)]
    public async Task A_chunk_that_is_refused_leaves_no_byte_behind(Engine engine, int size)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = Oci.RandomBytes((2 * MiB) + (12 * MiB));
        var location = (await repository.ChunkAsync(await repository.StartAsync(), content.AsMemory(0, 2 * MiB), 0)).Is(202).Location;

        // Its Content-Range says one byte more than it has.
        using var lie = new HttpRequestMessage(HttpMethod.Patch, location) { Content = new ByteArrayContent(Oci.RandomBytes(size)) };
        lie.Content.Headers.TryAddWithoutValidation("Content-Range", $"{2 * MiB}-{(2 * MiB) + size}");
        using (var refused = await repository.Http.SendAsync(lie))
        {
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        }

        (await repository.StatusAsync(location)).Is(204).Has("Range", $"0-{(2 * MiB) - 1}");
        location = (await repository.ChunkAsync(location, content.AsMemory(2 * MiB), 2 * MiB)).Is(202).Location;
        (await repository.CloseAsync(location, Oci.Digest(content))).Is(201);
        await HasAsync(repository, content);
    }

    [Theory]
    [Engines(1 * MiB), Engines(7 * MiB), Engines(25 * MiB), Engines(70 * MiB)]
    public async Task An_upload_that_was_cut_goes_on_from_where_it_says(Engine engine, int cut)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = Oci.RandomBytes(cut + (9 * MiB));
        var location = await repository.StartAsync();

        using var request = new HttpRequestMessage(HttpMethod.Patch, location) { Content = new CutContent(content.AsMemory(0, cut)) };
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => repository.Http.SendAsync(request));

        await Eventually.TrueAsync(
            async () =>
            {
                var range = (await repository.StatusAsync(location)).Is(204)["Range"]!;
                var at = range == "0-0" ? 0 : int.Parse(range.Split('-')[1], CultureInfo.InvariantCulture) + 1;
                Assert.InRange(at, Math.Max(0, cut - (64 * MiB)), cut);
                return (await repository.ChunkAsync(location, content.AsMemory(at), at)).Status == 202;
            },
            "the server has noticed that its client has gone");
        (await repository.CloseAsync(location, Oci.Digest(content))).Is(201);
        await HasAsync(repository, content);
    }

    [Theory]
    [Engines(100), Engines(3 * MiB), Engines(17 * MiB)]
    public async Task A_digest_of_another_algorithm_than_was_hashed_is_found_by_reading_again(Engine engine, int size)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = Oci.RandomBytes(size);
        var location = (await repository.StreamAsync(await repository.StartAsync(), content)).Is(202).Location;
        (await repository.CloseAsync(location, Oci.Digest(content, "sha512"))).Is(201);
        Assert.Equal(content, await repository.Http.GetByteArrayAsync(repository.At($"blobs/{Oci.Digest(content, "sha512")}")));

        location = (await repository.StreamAsync(await repository.StartAsync(), content)).Is(202).Location;
        (await repository.CloseAsync(location, Oci.Digest([1], "sha512"))).IsError(400, "DIGEST_INVALID");
        (await repository.HeadAsync($"blobs/{Oci.Digest([1], "sha512")}")).Is(404);
    }

    private static async Task HasAsync(RepositoryWire repository, byte[] content)
    {
        var path = repository.At($"blobs/{Oci.Digest(content)}");
        var back = await repository.Http.GetByteArrayAsync(path);
        Assert.True(content.AsSpan().SequenceEqual(back), "the blob came back otherwise");
        foreach (var (from, to) in new (int From, int To)[] { (0, 0), (content.Length / 2, content.Length - 1), ((256 * KiB) - 1, 256 * KiB), ((8 * MiB) - 3, (8 * MiB) + 3) }.Where(range => range.To < content.Length && range.From <= range.To))
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { Range = new RangeHeaderValue(from, to) } };
            using var response = await repository.Http.SendAsync(request);
            Assert.Equal(HttpStatusCode.PartialContent, response.StatusCode);
            Assert.Equal(content[from..(to + 1)], await response.Content.ReadAsByteArrayAsync());
        }
    }

    /// <summary>A body that breaks off.</summary>
    private sealed class CutContent(ReadOnlyMemory<byte> content) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(content);
            await stream.FlushAsync();
            throw new IOException("cut");
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
