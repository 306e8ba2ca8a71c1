using Registry.Tests.Wire;

namespace Registry.Tests.BadInput;

/// <summary>Uploads whose headers lie or make no sense.</summary>
[OnS3]
public sealed class UploadTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    [Theory]
    [Engines("0-98", 100)]
    [Engines("0-100", 100)]
    [Engines("0-0", 100)]
    [Engines("0-9223372036854775807", 100)]
    [Engines("0-9", 0)]
    public async Task A_chunk_whose_length_is_not_that_of_its_range_is_400_and_stores_nothing(Engine engine, string range, int length)
    {
        var repository = await registry.RepositoryAsync(engine);
        var location = await repository.StartAsync();

        (await PatchAsync(repository, location, range, length)).IsError(400, "SIZE_INVALID");

        (await repository.StatusAsync(location)).Is(204).Has("Range", "0-0");
        (await PatchAsync(repository, location, "0-99", 100)).Is(202).Has("Range", "0-99");
    }

    [Theory, Engines("0-98"), Engines("0-100")]
    public async Task A_chunk_in_chunked_coding_that_is_not_as_long_as_its_range_is_400(Engine engine, string range)
    {
        var repository = await registry.RepositoryAsync(engine);
        var location = await repository.StartAsync();

        var answer = await repository.Http.SendAsync("PATCH", location, Wire.Http.Streamed(Oci.RandomBytes(100)), ("Content-Range", range));

        answer.IsError(400, "SIZE_INVALID");
        (await repository.StatusAsync(location)).Is(204).Has("Range", "0-0");
    }

    [Theory]
    [Engines("a-b")]
    [Engines("-5")]
    [Engines("5-")]
    [Engines("0")]
    [Engines("9-0")]
    [Engines("0-99-100")]
    [Engines("0_99")]
    [Engines("0x0-0x63")]
    [Engines("0-99999999999999999999999")]
    [Engines("99999999999999999999999-99999999999999999999999")]
    [Engines("9223372036854775807-9223372036854775807")]
    [Engines("18446744073709551616-18446744073709551715")]
    [Engines("\u0660-\u0669")]
    [Engines("items 0-99/100")]
    public async Task A_range_that_is_no_chunk_is_400_or_416_and_the_session_survives(Engine engine, string range)
    {
        var repository = await registry.RepositoryAsync(engine);
        var app = await registry.AppAsync(engine);
        var location = await repository.StartAsync();
        await using (var connection = await RawHttp.ConnectAsync(app.Address))
        {
            await connection.SendAsync(System.Text.Encoding.UTF8.GetBytes(
                $"PATCH {location} HTTP/1.1\r\nHost: {app.Address.Authority}\r\nContent-Range: {range}\r\nContent-Length: 100\r\n\r\n"));
            await connection.SendAsync(new byte[100]);
            Assert.Contains((await connection.ReadResponseAsync()).Status, new[] { 400, 416 });
        }

        (await repository.StatusAsync(location)).Is(204).Has("Range", "0-0");
    }

    [Theory, Engines]
    public async Task A_close_whose_length_is_not_that_of_its_range_is_400_and_the_session_survives(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = Oci.RandomBytes(100);
        var digest = RepositoryWire.DigestOf(content);
        var location = await repository.StartAsync();

        (await repository.CloseAsync(location, digest, content, ("Content-Range", "0-98"))).IsError(400, "SIZE_INVALID");

        (await repository.StatusAsync(location)).Is(204).Has("Range", "0-0");
        (await repository.CloseAsync(location, digest, content, ("Content-Range", "0-99"))).Is(201);
    }

    [Theory, Engines]
    public async Task A_body_cut_off_before_its_announced_end_keeps_what_GET_reports(Engine engine)
    {
        var app = await registry.AppAsync(engine);
        var repository = await registry.RepositoryAsync(engine);
        var content = Oci.RandomBytes(300_000);
        var location = await repository.StartAsync();
        await using (var connection = await RawHttp.ConnectAsync(app.Address))
        {
            await connection.SendHeadAsync($"PATCH {location} HTTP/1.1\nContent-Length: {content.Length}");
            await connection.SendAsync(content.AsMemory(0, 200_000));
            connection.Reset();
        }

        // The next writer has to be let in as soon as the server has seen that the first one is gone.
        var stored = 0;
        await Eventually.TrueAsync(
            async () =>
            {
                var status = (await repository.StatusAsync(location)).Is(204);
                var end = int.Parse(status["Range"]!.Split('-')[1]);
                stored = end == 0 ? 0 : end + 1;
                var rest = await repository.ChunkAsync(location, content.AsMemory(stored), stored);
                return rest.Status == 202;
            },
            "the upload goes on where GET says it stands");
        Assert.InRange(stored, 0, 200_000);
        (await repository.CloseAsync(location, RepositoryWire.DigestOf(content))).Is(201);
        Assert.Equal(content, (await repository.GetAsync($"blobs/{RepositoryWire.DigestOf(content)}")).Is(200).Body);
    }

    [Theory, Engines]
    public async Task A_single_POST_cut_off_before_its_announced_end_stores_nothing(Engine engine)
    {
        var app = await registry.AppAsync(engine);
        var repository = await registry.RepositoryAsync(engine);
        var content = Oci.RandomBytes(1000);
        var digest = RepositoryWire.DigestOf(content);
        await using (var connection = await RawHttp.ConnectAsync(app.Address))
        {
            await connection.SendHeadAsync($"POST {repository.At("blobs/uploads/")}?digest={digest} HTTP/1.1\nContent-Length: {content.Length + 1}");
            await connection.SendAsync(content);
            connection.EndSending();
            Assert.True(await connection.IsClosedAsync() || (await connection.ReadResponseAsync()).Status >= 400);
        }

        (await repository.HeadAsync($"blobs/{digest}")).Is(404);
    }

    [Theory]
    [Engines("not-a-uuid")]
    [Engines("00000000000000000000000000000000000000000000000000")]
    [Engines("%7B00000000-0000-0000-0000-000000000000%7D")]
    [Engines("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [Engines("-")]
    public async Task A_session_id_that_is_none_is_404_or_400(Engine engine, string id)
    {
        var repository = await registry.RepositoryAsync(engine);
        await repository.StartAsync();
        var location = repository.At($"blobs/uploads/{id}");

        foreach (var method in new[] { "GET", "PATCH", "DELETE" })
        {
            var answer = await repository.Http.SendAsync(method, location);
            Assert.True(answer.Status is 400 or 404, $"{answer}");
            Assert.NotEmpty(answer.Errors());
        }
    }

    [Theory, Engines]
    public async Task An_upload_id_has_one_spelling(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var answer = (await repository.PostAsync()).Is(202);
        var id = answer["Docker-Upload-UUID"]!;

        foreach (var other in new[] { id.Replace("-", "", StringComparison.Ordinal), $"({id})", $"{id}-", $"{id[..^1]}" })
        {
            (await repository.StatusAsync(repository.At($"blobs/uploads/{other}"))).Is(404);
        }

        (await repository.StatusAsync(answer.Location)).Is(204);
    }

    private static Task<Answer> PatchAsync(RepositoryWire repository, string location, string range, int length) =>
        repository.Http.SendAsync("PATCH", location, Wire.Http.Sized(Oci.RandomBytes(length)), ("Content-Range", range));
}
