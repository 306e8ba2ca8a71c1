using Registry.Tests.Wire;

namespace Registry.Tests.BadInput;

/// <summary>D13: one upload has one writer at a time; bytes of two never mix.</summary>
[OnS3]
public sealed class ConcurrentChunkTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    private const int Writers = 16;

    [Theory, Engines(0), Engines(5000)]
    public async Task D13_Of_sixteen_chunks_for_one_place_one_wins_and_the_digest_is_right(Engine engine, int before)
    {
        var repository = await registry.RepositoryAsync(engine);
        var start = Oci.RandomBytes(before);
        var location = await repository.StartAsync();
        if (before > 0)
        {
            location = (await repository.ChunkAsync(location, start, 0)).Is(202).Location;
        }

        byte[][] chunks = [.. Enumerable.Range(0, Writers).Select(_ => Oci.RandomBytes(100_000))];
        var answers = await Task.WhenAll(chunks.Select(chunk => repository.ChunkAsync(location, chunk, before)));

        var (winner, answer) = Assert.Single(chunks.Zip(answers), pair => pair.Second.Status == 202);
        answer.Has("Range", $"0-{before + 100_000 - 1}");
        foreach (var loser in answers.Where(other => other.Status != 202))
        {
            loser.IsError(416, "BLOB_UPLOAD_INVALID");
            Assert.NotNull(loser["Location"]);
            Assert.NotNull(loser["Range"]);
        }

        byte[] content = [.. start, .. winner];
        (await repository.CloseAsync(location, RepositoryWire.DigestOf(content))).Is(201);
        Assert.Equal(content, (await repository.GetAsync($"blobs/{RepositoryWire.DigestOf(content)}")).Is(200).Body);
    }

    [Theory, Engines]
    public async Task D13_Streams_at_once_follow_each_other_or_are_refused_and_never_mix(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var location = await repository.StartAsync();
        byte[][] streams = [.. Enumerable.Range(0, Writers).Select(_ => Oci.RandomBytes(70_000))];

        var answers = await Task.WhenAll(streams.Select(stream => repository.StreamAsync(location, stream)));

        Assert.All(answers, answer => Assert.Contains(answer.Status, new[] { 202, 416 }));
        var stored = streams.Zip(answers).Where(pair => pair.Second.Status == 202)
            .OrderBy(pair => long.Parse(pair.Second["Range"]!.Split('-')[1])).ToList();
        Assert.NotEmpty(stored);
        byte[] content = [.. stored.SelectMany(pair => pair.First)];
        (await repository.StatusAsync(location)).Is(204).Has("Range", $"0-{content.Length - 1}");
        (await repository.CloseAsync(location, RepositoryWire.DigestOf(content))).Is(201);
    }

    [Theory, Engines]
    public async Task D13_While_one_request_writes_all_others_are_416(Engine engine)
    {
        var app = await registry.AppAsync(engine);
        var repository = await registry.RepositoryAsync(engine);
        var content = Oci.RandomBytes(200_000);
        var digest = RepositoryWire.DigestOf(content);
        var location = await repository.StartAsync();
        await using var writer = await RawHttp.ConnectAsync(app.Address);

        // The server asks for the body once the request is the writer.
        await writer.SendHeadAsync($"PATCH {location} HTTP/1.1\nContent-Length: {content.Length}\nExpect: 100-continue");
        Assert.Equal(100, (await writer.ReadResponseAsync()).Status);
        await writer.SendAsync(content.AsMemory(0, 100_000));

        (await repository.ChunkAsync(location, Oci.RandomBytes(10), 0)).IsError(416, "BLOB_UPLOAD_INVALID").Has("Location", location);
        (await repository.StreamAsync(location, Oci.RandomBytes(10))).IsError(416, "BLOB_UPLOAD_INVALID");
        (await repository.CloseAsync(location, digest, content)).IsError(416, "BLOB_UPLOAD_INVALID");
        (await repository.StatusAsync(location)).Is(204);

        await writer.SendAsync(content.AsMemory(100_000));
        var written = await writer.ReadResponseAsync();
        Assert.Equal((202, "0-199999"), (written.Status, written.Header("Range")));
        (await repository.CloseAsync(location, digest)).Is(201);
        Assert.Equal(content, (await repository.GetAsync($"blobs/{digest}")).Is(200).Body);
    }

    [Theory, Engines]
    public async Task D13_A_cancel_ends_an_upload_in_the_middle_of_a_write(Engine engine)
    {
        var app = await registry.AppAsync(engine);
        var repository = await registry.RepositoryAsync(engine);
        var location = await repository.StartAsync();
        await using var writer = await RawHttp.ConnectAsync(app.Address);
        await writer.SendHeadAsync($"PATCH {location} HTTP/1.1\nContent-Length: 100000\nExpect: 100-continue");
        Assert.Equal(100, (await writer.ReadResponseAsync()).Status);

        (await repository.Http.SendAsync("DELETE", location)).Is(204);
        await writer.SendAsync(new byte[100_000]);

        Assert.Equal(404, (await writer.ReadResponseAsync()).Status);
        (await repository.StatusAsync(location)).IsError(404, "BLOB_UPLOAD_UNKNOWN");
    }

    [Theory, Engines]
    public async Task D13_Closes_at_once_agree_on_one_blob(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = Oci.RandomBytes(50_000);
        var digest = RepositoryWire.DigestOf(content);
        var location = (await repository.StreamAsync(await repository.StartAsync(), content)).Is(202).Location;

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => repository.CloseAsync(location, digest)));

        Assert.All(answers, answer => Assert.Contains(answer.Status, new[] { 201, 416 }));
        Assert.Contains(answers, answer => answer.Status == 201);
        Assert.Equal(content, (await repository.GetAsync($"blobs/{digest}")).Is(200).Body);
    }
}
