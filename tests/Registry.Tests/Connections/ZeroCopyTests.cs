using System.Text;
using Registry.Tests.Wire;

namespace Registry.Tests.Connections;

/// <summary>Blobs leave plain HTTP/1.1 connections without a copy; every test also says how many ranges did.</summary>
public sealed class ZeroCopyTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    private const int Size = 4 << 20;
    private const int Smallest = 64 << 10;
    private static readonly byte[] Content = Oci.RandomBytes(Size);

    [Fact]
    public async Task A_blob_and_its_large_ranges_are_sent_without_a_copy()
    {
        var (app, target) = await BlobAsync();
        var before = await app.Client.ZeroCopyRangesAsync();

        await using var connection = await RawHttp.ConnectAsync(app.Address);
        await GetAsync(connection, target, 0, Size, range: false);
        await GetAsync(connection, target, 1, Smallest);
        await GetAsync(connection, target, Size - Smallest, Smallest);

        await app.Client.ZeroCopyRangesBecomeAsync(before + 3);
    }

    [Fact]
    public async Task Small_ranges_are_copied()
    {
        var (app, target) = await BlobAsync();
        var before = await app.Client.ZeroCopyRangesAsync();

        await using var connection = await RawHttp.ConnectAsync(app.Address);
        await GetAsync(connection, target, 0, 1);
        await GetAsync(connection, target, 12345, Smallest - 1);
        await GetAsync(connection, target, 0, Smallest);

        await app.Client.ZeroCopyRangesBecomeAsync(before + 1);
    }

    [Fact]
    public async Task Four_hundred_requests_of_every_kind_on_one_connection_are_answered_in_order_and_byte_for_byte()
    {
        var (app, target) = await BlobAsync();
        var before = await app.Client.ZeroCopyRangesAsync();
        var random = new Random(20260101);
        var large = 0;
        await using var connection = await RawHttp.ConnectAsync(app.Address);

        for (var i = 0; i < 400; i++)
        {
            switch (random.Next(10))
            {
                case 0:
                    await GetAsync(connection, target, random.Next(Size - Smallest), random.Next(1, Smallest));
                    break;
                case 1:
                    await HeadAsync(connection, target);
                    break;
                case 2:
                    await GetNothingAsync(connection, target);
                    break;
                case 3:
                    large += await GetPartsAsync(connection, target, random);
                    break;
                default:
                    var length = random.Next(Smallest, Size);
                    await GetAsync(connection, target, random.Next(Size - length), length);
                    large++;
                    break;
            }
        }

        await app.Client.ZeroCopyRangesBecomeAsync(before + large);
    }

    [Fact]
    public async Task Pipelined_requests_are_answered_in_order()
    {
        var (app, target) = await BlobAsync();
        var before = await app.Client.ZeroCopyRangesAsync();
        var ranges = Enumerable.Range(0, 80).Select(i => (From: i * 1000, Length: i % 4 == 0 ? 100 + i : Smallest + (i * 997))).ToList();
        await using var connection = await RawHttp.ConnectAsync(app.Address);

        // Answers of several MB wait for a reader while requests are still coming in.
        var all = string.Concat(ranges.Select(range => Head(target, app.Address, range.From, range.Length)));
        var sending = connection.SendAsync(Encoding.ASCII.GetBytes(all));
        foreach (var (from, length) in ranges)
        {
            AssertRange(await connection.ReadResponseAsync(), from, length);
        }

        await sending;
        await app.Client.ZeroCopyRangesBecomeAsync(before + 60);
    }

    [Theory]
    [InlineData("HTTP/1.1\nConnection: close")]
    [InlineData("HTTP/1.0")]
    public async Task A_connection_that_ends_with_its_answer_ends_after_the_last_byte(string version)
    {
        var (app, target) = await BlobAsync();
        var before = await app.Client.ZeroCopyRangesAsync();

        for (var i = 0; i < 60; i++)
        {
            await using var connection = await RawHttp.ConnectAsync(app.Address);
            await connection.SendHeadAsync($"GET {target} {version}");
            var answer = await connection.ReadResponseAsync();
            Assert.Equal((200, $"{Size}"), (answer.Status, answer.Header("Content-Length")));
            Assert.True(Content.AsSpan().SequenceEqual(answer.Body));
            Assert.True(await connection.IsClosedAsync());
        }

        await app.Client.ZeroCopyRangesBecomeAsync(before + 60);
    }

    [Fact]
    public async Task Two_hundred_and_fifty_downloads_at_once_each_get_their_bytes()
    {
        var (app, target) = await BlobAsync();
        var before = await app.Client.ZeroCopyRangesAsync();

        var connections = await Task.WhenAll(Enumerable.Range(0, 250).Select(async i =>
        {
            var connection = await RawHttp.ConnectAsync(app.Address);
            for (var round = 0; round < 3; round++)
            {
                await GetAsync(connection, target, (i * 4099) + round, (1 << 20) + i);
            }

            return connection;
        }));

        // A client that hangs up at once may be taken for one that has aborted.
        await app.Client.ZeroCopyRangesBecomeAsync(before + 750);
        await Task.WhenAll(connections.Select(connection => connection.DisposeAsync().AsTask()));
    }

    private static async Task GetAsync(RawHttp connection, string target, int from, int length, bool range = true)
    {
        await connection.SendHeadAsync($"GET {target} HTTP/1.1" + (range ? $"\nRange: bytes={from}-{from + length - 1}" : ""));
        var answer = await connection.ReadResponseAsync();
        if (range)
        {
            AssertRange(answer, from, length);
        }
        else
        {
            Assert.Equal((200, null), (answer.Status, answer.Header("Content-Range")));
            Assert.True(Content.AsSpan().SequenceEqual(answer.Body));
        }
    }

    private static void AssertRange(RawResponse answer, int from, int length)
    {
        Assert.Equal((206, $"bytes {from}-{from + length - 1}/{Size}"), (answer.Status, answer.Header("Content-Range")));
        Assert.True(Content.AsSpan(from, length).SequenceEqual(answer.Body), $"other bytes than {from} to {from + length - 1}");
    }

    private static async Task HeadAsync(RawHttp connection, string target)
    {
        await connection.SendHeadAsync($"HEAD {target} HTTP/1.1");
        var answer = await connection.ReadResponseAsync(toHead: true);
        Assert.Equal((200, $"{Size}"), (answer.Status, answer.Header("Content-Length")));
    }

    private static async Task GetNothingAsync(RawHttp connection, string target)
    {
        await connection.SendHeadAsync($"GET {target} HTTP/1.1\nRange: bytes={Size}-");
        var answer = await connection.ReadResponseAsync();
        Assert.Equal((416, $"bytes */{Size}"), (answer.Status, answer.Header("Content-Range")));
    }

    // Returns how many of its ranges are large.
    private static async Task<int> GetPartsAsync(RawHttp connection, string target, Random random)
    {
        var ranges = Enumerable.Range(0, 3).Select(_ => (From: random.Next(Size / 2), Length: random.Next(1, 4 * Smallest))).ToList();
        await connection.SendHeadAsync(
            $"GET {target} HTTP/1.1\nRange: bytes={string.Join(',', ranges.Select(range => $"{range.From}-{range.From + range.Length - 1}"))}");
        var answer = await connection.ReadResponseAsync();
        Assert.Equal(206, answer.Status);
        var boundary = answer.Header("Content-Type")!.Split("boundary=")[1];
        using var expected = new MemoryStream();
        foreach (var (from, length) in ranges)
        {
            expected.Write(Encoding.ASCII.GetBytes(
                $"\r\n--{boundary}\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes {from}-{from + length - 1}/{Size}\r\n\r\n"));
            expected.Write(Content, from, length);
        }

        expected.Write(Encoding.ASCII.GetBytes($"\r\n--{boundary}--\r\n"));
        Assert.True(expected.ToArray().AsSpan().SequenceEqual(answer.Body), $"other parts than {string.Join(", ", ranges)}");
        return ranges.Count(range => range.Length >= Smallest);
    }

    private static string Head(string target, Uri address, int from, int length) =>
        $"GET {target} HTTP/1.1\r\nHost: {address.Authority}\r\nRange: bytes={from}-{from + length - 1}\r\n\r\n";

    private async Task<(RegistryApp App, string Target)> BlobAsync()
    {
        var repository = await registry.RepositoryAsync(Engine.Sqlite);
        return (await registry.AppAsync(Engine.Sqlite), repository.At($"blobs/{await repository.PushBlobAsync(Content)}"));
    }
}
