using System.Text;
using Registry.Tests.Wire;

namespace Registry.Tests.Conformance.Blobs;

/// <summary>RFC 9110 chapter 14 as clients use it for layers.</summary>
[OnS3]
public sealed class BlobRangeTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    private static readonly byte[] Content = [.. Enumerable.Range(0, 2048).Select(i => (byte)(i * 7))];

    [Theory]
    [Engines("bytes=0-0", 0, 0)]
    [Engines("bytes=500-1499", 500, 1499)]
    [Engines("bytes=500-", 500, 2047)]
    [Engines("bytes=-500", 1548, 2047)]
    [Engines("bytes=-1", 2047, 2047)]
    [Engines("bytes=-5000", 0, 2047)]
    [Engines("bytes=2000-5000", 2000, 2047)]
    [Engines("bytes=2047-2047", 2047, 2047)]
    [Engines("bytes=0-", 0, 2047)]
    [Engines("bytes=0-9223372036854775807", 0, 2047)]
    [Engines("bytes=1-99999999999999999999999999", 1, 2047)]
    [Engines("bytes=-99999999999999999999999999", 0, 2047)]
    [Engines("Bytes=5-6", 5, 6)]
    public async Task A_range_is_206_with_exactly_those_bytes(Engine engine, string range, int first, int last)
    {
        var (repository, digest) = await BlobAsync(engine);

        var answer = (await repository.GetAsync($"blobs/{digest}", ("Range", range))).Is(206);

        Assert.Equal(Content[first..(last + 1)], answer.Body);
        answer.Has("Content-Range", $"bytes {first}-{last}/2048").Has("Content-Length", $"{last - first + 1}")
            .Has("Content-Type", "application/octet-stream").Has("Docker-Content-Digest", digest).Has("ETag", $"\"{digest}\"");
    }

    [Theory]
    [Engines("bytes=2048-")]
    [Engines("bytes=2048-2048")]
    [Engines("bytes=5000-10000")]
    [Engines("bytes=500-0")]
    [Engines("bytes=-0")]
    [Engines("bytes=99999999999999999999999999-")]
    [Engines("bytes=3000-4000,5000-6000")]
    public async Task A_range_that_holds_no_byte_is_416_with_the_size(Engine engine, string range)
    {
        var (repository, digest) = await BlobAsync(engine);

        (await repository.GetAsync($"blobs/{digest}", ("Range", range))).Is(416).Has("Content-Range", "bytes */2048");
    }

    [Theory]
    [Engines("items=0-1")]
    [Engines("bytes")]
    [Engines("bytes=")]
    [Engines("bytes=a-b")]
    [Engines("bytes=1")]
    [Engines("bytes=--1")]
    [Engines("bytes=0x1-0x2")]
    [Engines("bytes=1-2-3")]
    [Engines("nonsense")]
    public async Task A_range_out_of_grammar_is_ignored(Engine engine, string range)
    {
        var (repository, digest) = await BlobAsync(engine);

        var answer = (await repository.GetAsync($"blobs/{digest}", ("Range", range))).Is(200).Has("Content-Range", null);

        Assert.Equal(Content, answer.Body);
    }

    [Theory, Engines("bytes=0-0"), Engines("bytes=-1"), Engines("bytes=0-")]
    public async Task Any_range_of_the_empty_blob_is_416(Engine engine, string range)
    {
        var repository = await registry.RepositoryAsync(engine);
        var digest = await repository.PushBlobAsync(Array.Empty<byte>());

        (await repository.GetAsync($"blobs/{digest}", ("Range", range))).Is(416).Has("Content-Range", "bytes */0");
    }

    [Theory, Engines]
    public async Task Several_ranges_are_one_multipart_answer(Engine engine)
    {
        var (repository, digest) = await BlobAsync(engine);

        var answer = (await repository.GetAsync($"blobs/{digest}", ("Range", "bytes=0-9, 100-109,-5"))).Is(206);

        Assert.Null(answer["Content-Range"]);
        Assert.Equal(answer.Body.Length, answer.ContentLength);
        Assert.Equal([(0, 9), (100, 109), (2043, 2047)], Parts(answer));
    }

    [Theory, Engines]
    public async Task Ranges_without_bytes_are_left_out_of_a_multipart_answer(Engine engine)
    {
        var (repository, digest) = await BlobAsync(engine);

        var answer = (await repository.GetAsync($"blobs/{digest}", ("Range", "bytes=0-9,5000-6000,20-29"))).Is(206);

        Assert.Equal([(0, 9), (20, 29)], Parts(answer));
    }

    [Theory, Engines]
    public async Task One_range_that_is_left_of_several_is_served_alone_or_as_one_part(Engine engine)
    {
        var (repository, digest) = await BlobAsync(engine);

        var answer = (await repository.GetAsync($"blobs/{digest}", ("Range", "bytes=10-19,5000-6000"))).Is(206);

        if (answer["Content-Range"] is { } range)
        {
            Assert.Equal("bytes 10-19/2048", range);
            Assert.Equal(Content[10..20], answer.Body);
        }
        else
        {
            Assert.Equal([(10, 19)], Parts(answer));
        }
    }

    [Theory, Engines]
    public async Task Very_many_ranges_never_cost_more_than_the_blob(Engine engine)
    {
        var (repository, digest) = await BlobAsync(engine);
        var overlapping = "bytes=" + string.Join(',', Enumerable.Repeat("0-", 1000));

        var answer = await repository.GetAsync($"blobs/{digest}", ("Range", overlapping));

        Assert.Contains(answer.Status, new[] { 200, 206, 416, 431 });
        Assert.True(answer.Body.Length < 100 * Content.Length, $"{answer.Body.Length} bytes for a blob of {Content.Length}");
    }

    [Theory, Engines]
    public async Task HEAD_ignores_ranges(Engine engine)
    {
        var (repository, digest) = await BlobAsync(engine);

        (await repository.HeadAsync($"blobs/{digest}", ("Range", "bytes=0-9"))).Is(200).Has("Content-Length", "2048");
    }

    [Theory, Engines]
    public async Task A_range_is_served_only_if_the_blob_is_still_the_one_the_client_began_with(Engine engine)
    {
        var (repository, digest) = await BlobAsync(engine);

        (await repository.GetAsync($"blobs/{digest}", ("Range", "bytes=0-9"), ("If-Range", $"\"{digest}\""))).Is(206);
        var other = (await repository.GetAsync($"blobs/{digest}", ("Range", "bytes=0-9"), ("If-Range", "\"sha256:other\""))).Is(200);
        Assert.Equal(Content, other.Body);
    }

    [Theory, Engines]
    public async Task The_range_of_a_missing_blob_is_404(Engine engine)
    {
        var (repository, _) = await BlobAsync(engine);

        (await repository.GetAsync($"blobs/{RepositoryWire.DigestOf(Oci.RandomBytes(9))}", ("Range", "bytes=0-9"))).IsError(404, "BLOB_UNKNOWN");
    }

    private async Task<(RepositoryWire Repository, string Digest)> BlobAsync(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        return (repository, await repository.PushBlobAsync(Content));
    }

    // Reads the parts by the boundary, each checked against the blob.
    private static List<(int First, int Last)> Parts(Answer answer)
    {
        var type = answer["Content-Type"]!;
        Assert.StartsWith("multipart/byteranges", type, StringComparison.Ordinal);
        var boundary = type[(type.IndexOf("boundary=", StringComparison.Ordinal) + 9)..].Trim('"');
        var text = Encoding.Latin1.GetString(answer.Body);
        Assert.EndsWith($"\r\n--{boundary}--", text.TrimEnd(), StringComparison.Ordinal);
        var parts = new List<(int, int)>();
        foreach (var part in ("\r\n" + text).Split($"\r\n--{boundary}")[1..^1])
        {
            var head = part[..part.IndexOf("\r\n\r\n", StringComparison.Ordinal)];
            Assert.Contains("Content-Type: application/octet-stream", head, StringComparison.OrdinalIgnoreCase);
            var range = head.Split("Content-Range: bytes ")[1].Split("\r\n")[0];
            Assert.EndsWith("/2048", range, StringComparison.Ordinal);
            var ends = range[..^5].Split('-');
            var (first, last) = (int.Parse(ends[0]), int.Parse(ends[1]));
            Assert.Equal(Content[first..(last + 1)], Encoding.Latin1.GetBytes(part[(head.Length + 4)..]));
            parts.Add((first, last));
        }

        return parts;
    }
}
