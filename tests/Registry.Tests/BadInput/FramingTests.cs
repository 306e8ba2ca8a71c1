using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Registry.Tests.Wire;

namespace Registry.Tests.BadInput;

/// <summary>S63: where a request ends has one answer. Whatever a proxy in front could read in another way is refused, and the connection closed.</summary>
public sealed class FramingTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    private const string Smuggled = "GET /v2/_catalog HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";

    [Theory]
    [Engines("Content-Length: 5\r\nContent-Length: 6", "aaaaa")]
    [Engines("Content-Length: 5, 6", "aaaaa")]
    [Engines("Content-Length: -5", "")]
    [Engines("Content-Length: 0x5", "aaaaa")]
    [Engines("Content-Length: 5 5", "aaaaa")]
    [Engines("Content-Length: 99999999999999999999", "aaaaa")]
    [Engines("Content-Length : 5", "aaaaa")]
    [Engines("Transfer-Encoding: xchunked", "0\r\n\r\n")]
    [Engines("Transfer-Encoding: identity, chunked, identity", "0\r\n\r\n")]
    [Engines("Transfer-Encoding: chunked, identity", "0\r\n\r\n")]
    [Engines("Transfer-Encoding : chunked", "0\r\n\r\n")]
    [Engines("Transfer-Encoding:\u000bchunked", "0\r\n\r\n")]
    [Engines("Transfer-Encoding: chunked\r\n folded: x", "0\r\n\r\n")]
    [Engines(" Transfer-Encoding: chunked", "0\r\n\r\n")]
    [Engines("Transfer-Encoding: chunked", "5;a\naaaaa\r\n0\r\n\r\n")]
    [Engines("Transfer-Encoding: chunked", "5\naaaaa\n0\n\n")]
    [Engines("Transfer-Encoding: chunked", "5\r\naaaaaX0\r\n\r\n")]
    [Engines("Transfer-Encoding: chunked", "-5\r\naaaaa\r\n0\r\n\r\n")]
    [Engines("Transfer-Encoding: chunked", "0x5\r\naaaaa\r\n0\r\n\r\n")]
    [Engines("Transfer-Encoding: chunked", "FFFFFFFFFFFFFFFF5\r\naaaaa\r\n0\r\n\r\n")]
    [Engines("Transfer-Encoding: chunked", " 5\r\naaaaa\r\n0\r\n\r\n")]
    public async Task S63_A_body_without_a_clear_end_is_refused_and_what_follows_is_not_a_request(Engine engine, string header, string body)
    {
        var app = await registry.AppAsync(engine);
        var repository = await registry.RepositoryAsync(engine);
        var location = await repository.StartAsync();

        var answers = await ExchangeAsync(app.Address, $"PATCH {location} HTTP/1.1\r\nHost: {app.Address.Authority}\r\n{header}\r\n\r\n{body}{Smuggled}");

        Assert.True(answers.Count == 1 && answers[0] is >= 400 and < 600, $"answers: {string.Join(' ', answers)}");
    }

    [Theory]
    [Engines("FFFFFFFFFFFFFFFF\r\naaaaa\r\n0\r\n\r\n")]
    [Engines("5\r\naaaaa\r\n0\r\nX: \u00e4\r\n\r\n")]
    [Engines("5\r\naaaaa\r\n0\r\nX: a\0b\r\n\r\n")]
    [Engines("5\r\naaaaa\r\n0\r\n\u00e4: x\r\n\r\n")]
    public async Task S63_A_chunk_without_a_size_and_a_trailer_that_is_no_text_are_400(Engine engine, string chunks)
    {
        var app = await registry.AppAsync(engine);
        var repository = await registry.RepositoryAsync(engine);
        var location = await repository.StartAsync();

        foreach (var target in new[] { $"PATCH {location}", $"PUT {repository.At("manifests/v1")}" })
        {
            var answers = await ExchangeAsync(app.Address, $"{target} HTTP/1.1\r\nHost: {app.Address.Authority}\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}");

            Assert.Equal([400], answers);
        }

        (await repository.StatusAsync(location)).Is(204);
    }

    [Theory, Engines]
    public async Task A_chunk_that_is_longer_than_its_range_is_400_and_what_is_left_of_it_can_be_drained(Engine engine)
    {
        await using var process = await RegistryProcess.StartAsync(engine);
        var location = await new RepositoryWire(process.Client, "library/app").StartAsync();

        var answers = await ExchangeAsync(
            process.Address,
            $"PATCH {location} HTTP/1.1\r\nHost: {process.Address.Authority}\r\nContent-Range: 0-3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\naaaaa\r\n5\r\naaaaa\r\n0\r\n\r\n");

        Assert.Equal([400], answers);
        process.Terminate();
        await process.ExitedAsync();
        Assert.DoesNotContain("fail:", process.Errors, StringComparison.Ordinal);
    }

    [Theory, Engines]
    public async Task S63_A_body_with_both_a_length_and_chunks_ends_the_connection(Engine engine)
    {
        var app = await registry.AppAsync(engine);
        var repository = await registry.RepositoryAsync(engine);
        var location = await repository.StartAsync();

        foreach (var headers in new[] { "Content-Length: 5\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 44" })
        {
            var answers = await ExchangeAsync(app.Address, $"PATCH {location} HTTP/1.1\r\nHost: {app.Address.Authority}\r\n{headers}\r\n\r\n0\r\n\r\n{Smuggled}");

            Assert.Single(answers);
        }
    }

    [Theory]
    [Engines("GET /v2/ HTTP/1.1\r\n\r\n")]
    [Engines("GET /v2/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")]
    [Engines("GET /v2/ HTTP/1.1\r\nHost: a b\r\n\r\n")]
    [Engines("GET /v2/ HTTP/1.1\r\nHost: a/b\r\n\r\n")]
    [Engines("GET  /v2/ HTTP/1.1\r\nHost: a\r\n\r\n")]
    [Engines("GET /v2/ HTTP/1.1 \r\nHost: a\r\n\r\n")]
    [Engines("GET /v2/ HTTP/3.7\r\nHost: a\r\n\r\n")]
    [Engines("GET /v2/\r\nHost: a\r\n\r\n")]
    [Engines("G\0T /v2/ HTTP/1.1\r\nHost: a\r\n\r\n")]
    [Engines("GET /v2/\0 HTTP/1.1\r\nHost: a\r\n\r\n")]
    [Engines("GET /v2/ HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n")]
    [Engines("GET /v2/ HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n")]
    [Engines("GET /v2/ HTTP/1.1\r\nHost: a\r\nX Y: b\r\n\r\n")]
    [Engines("GET /v2/ HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n")]
    [Engines("GET v2/ HTTP/1.1\r\nHost: a\r\n\r\n")]
    public async Task S63_A_malformed_head_is_refused_once(Engine engine, string head)
    {
        var app = await registry.AppAsync(engine);

        var answers = await ExchangeAsync(app.Address, head + Smuggled);

        Assert.True(answers.Count == 1 && answers[0] is >= 400 and < 600, $"answers: {string.Join(' ', answers)}");
    }

    [Theory, Engines]
    public async Task S63_Headers_without_end_are_refused(Engine engine)
    {
        var app = await registry.AppAsync(engine);

        Assert.Equal([431], await ExchangeAsync(app.Address, $"GET /v2/ HTTP/1.1\r\nHost: a\r\nX: {new string('a', 200_000)}\r\n\r\n"));
        Assert.Equal([414], await ExchangeAsync(app.Address, $"GET /v2/{new string('a', 200_000)} HTTP/1.1\r\nHost: a\r\n\r\n"));
    }

    [Theory, Engines]
    public async Task Requests_in_a_pipeline_are_answered_in_order(Engine engine)
    {
        var app = await registry.AppAsync(engine);
        var repository = await registry.RepositoryAsync(engine);
        await repository.PushImageAsync("v1");
        var host = $"Host: {app.Address.Authority}\r\n";

        var answers = await ExchangeAsync(
            app.Address,
            $"GET {repository.At("manifests/v1")} HTTP/1.1\r\n{host}\r\n"
            + $"GET {repository.At("manifests/v2")} HTTP/1.1\r\n{host}\r\n"
            + $"POST {repository.At("blobs/uploads/")} HTTP/1.1\r\n{host}Content-Length: 0\r\n\r\n"
            + $"GET /v2/ HTTP/1.1\r\n{host}Connection: close\r\n\r\n");

        Assert.Equal([200, 404, 202, 200], answers);
    }

    /// <summary>Sends everything and returns the statuses of all that comes back until the server closes.</summary>
    private static async Task<List<int>> ExchangeAsync(Uri address, string text)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port);
        await using var stream = client.GetStream();
        using var answer = new MemoryStream();
        try
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(text));
            await stream.CopyToAsync(answer).WaitAsync(Eventually.Guard);
        }
        catch (IOException)
        {
            // A server that closes with bytes unread resets the connection; what it had said before counts.
        }

        return [.. Regex.Matches(Encoding.Latin1.GetString(answer.ToArray()), @"HTTP/1\.1 ([0-9]{3}) ").Select(match => int.Parse(match.Groups[1].Value))];
    }
}
