using System.Text;
using System.Text.Json.Nodes;
using Registry.Tests.Wire;

namespace Registry.Tests.BadInput;

/// <summary>S2: a manifest is never larger than 4 MiB, whatever its headers say.</summary>
public sealed class ManifestSizeTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    private const int Limit = 4 << 20;

    [Theory, Engines(false), Engines(true)]
    public async Task S2_Exactly_the_limit_is_taken_and_one_byte_more_is_413(Engine engine, bool chunked)
    {
        var repository = await registry.RepositoryAsync(engine);
        var path = repository.At("manifests/v1");
        HttpContent Body(byte[] content) => chunked ? Wire.Http.Streamed(content, Oci.ManifestType) : Wire.Http.Sized(content, Oci.ManifestType);

        (await repository.Http.SendAsync("PUT", path, Body(await ManifestOfAsync(repository, Limit + 1)))).IsError(413, "SIZE_INVALID", "MANIFEST_INVALID");
        (await repository.HeadAsync("manifests/v1")).Is(404);

        (await repository.Http.SendAsync("PUT", path, Body(await ManifestOfAsync(repository, Limit)))).Is(201);
        (await repository.HeadAsync("manifests/v1")).Is(200).Has("Content-Length", $"{Limit}");
    }

    [Theory, Engines("4194305"), Engines("10737418240"), Engines("9223372036854775807")]
    public async Task S2_An_announced_length_over_the_limit_is_413_before_a_byte_is_sent(Engine engine, string length)
    {
        var app = await registry.AppAsync(engine);

        var answer = await RawHttp.RequestAsync(app.Address, $"""
            PUT /v2/library/app/manifests/v1 HTTP/1.1
            Content-Type: {Oci.ManifestType}
            Content-Length: {length}
            """);

        Assert.Equal(413, answer.Status);
        Assert.NotEmpty(JsonNode.Parse(answer.Body)!["errors"]!.AsArray());
    }

    [Theory, Engines]
    public async Task S2_An_endless_body_is_answered_413_without_being_read_to_an_end(Engine engine)
    {
        var app = await registry.AppAsync(engine);
        await using var connection = await RawHttp.ConnectAsync(app.Address);
        await connection.SendHeadAsync($"PUT /v2/library/app/manifests/v1 HTTP/1.1\nContent-Type: {Oci.ManifestType}\nTransfer-Encoding: chunked");

        var (answer, sent) = await connection.SendChunksUntilAnsweredAsync(most: 1L << 30);

        Assert.Equal(413, answer.Status);
        Assert.InRange(sent, Limit, 1L << 29);
    }

    [Theory, Engines]
    public async Task S2_A_body_shorter_than_announced_stores_nothing(Engine engine)
    {
        var app = await registry.AppAsync(engine);
        var repository = await registry.RepositoryAsync(engine);
        var content = (await repository.ImageOfFreshBlobsAsync()).Bytes();
        await using (var connection = await RawHttp.ConnectAsync(app.Address))
        {
            await connection.SendHeadAsync($"PUT {repository.At("manifests/v1")} HTTP/1.1\nContent-Type: {Oci.ManifestType}\nContent-Length: {content.Length + 1}");
            await connection.SendAsync(content);
            connection.EndSending();
            await AssertRefusedAsync(connection);
        }

        (await repository.HeadAsync("manifests/v1")).Is(404);
    }

    [Theory, Engines]
    public async Task S2_A_body_longer_than_announced_is_cut_where_it_was_said_to_end(Engine engine)
    {
        var app = await registry.AppAsync(engine);
        var repository = await registry.RepositoryAsync(engine);
        var content = (await repository.ImageOfFreshBlobsAsync()).Bytes();
        await using var connection = await RawHttp.ConnectAsync(app.Address);

        await connection.SendHeadAsync($"PUT {repository.At("manifests/v1")} HTTP/1.1\nContent-Type: {Oci.ManifestType}\nContent-Length: {content.Length - 1}");
        await connection.SendAsync(content);

        Assert.Equal(400, (await connection.ReadResponseAsync()).Status);
        (await repository.HeadAsync("manifests/v1")).Is(404);
    }

    [Theory, Engines]
    public async Task S2_Many_oversized_bodies_at_once_are_all_413(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = Encoding.UTF8.GetBytes(new string(' ', Limit + 1));

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ =>
            repository.Http.SendAsync("PUT", repository.At("manifests/v1"), Wire.Http.Streamed(content, Oci.ManifestType))));

        Assert.All(answers, answer => answer.Is(413));
        (await repository.PutManifestAsync("v1", Documents.Index().Bytes(), Oci.IndexType)).Is(201);
    }

    private static async Task AssertRefusedAsync(RawHttp connection)
    {
        try
        {
            Assert.Equal(400, (await connection.ReadResponseAsync()).Status);
        }
        catch (Exception e) when (e is EndOfStreamException or IOException)
        {
            // Closing without an answer is what a client that went away itself gets.
        }
    }

    private static async Task<byte[]> ManifestOfAsync(RepositoryWire repository, int length)
    {
        var document = (await repository.ImageOfFreshBlobsAsync()).With("annotations", new JsonObject { ["padding"] = "" });
        document["annotations"]!["padding"] = new string('x', length - document.Bytes().Length);
        return document.Bytes();
    }
}
