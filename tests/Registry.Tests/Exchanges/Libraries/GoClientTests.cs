using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Registry.Tests.Exchanges.Libraries;

/// <summary>The bytes that the exchanges send are those of Go's net/http.</summary>
public sealed class GoClientTests
{
    private const string Answer = "HTTP/1.1 200 OK\r\nDocker-Distribution-API-Version: registry/2.0\r\nContent-Length: 0\r\n\r\n";

    [Fact]
    public async Task A_question_has_headers_by_name_and_no_length() => Assert.Equal(
        "HEAD /v2/a/manifests/1?ns=docker.io HTTP/1.1\r\nHost: {host}\r\nUser-Agent: containerd/2.1.9\r\nAccept: b\r\nAccept: a\r\n\r\n",
        await SentAsync(go => go.HeadAsync("/v2/a/manifests/1?ns=docker.io", ("Accept", "b"), ("Accept", "a"))));

    [Fact]
    public async Task The_transport_asks_for_gzip_unless_an_encoding_or_a_range_is_asked_for()
    {
        Assert.EndsWith("\r\nAccept: */*\r\nAccept-Encoding: gzip\r\n\r\n", await SentAsync(go => go.GetAsync("/v2/", ("Accept", "*/*"))), StringComparison.Ordinal);
        Assert.EndsWith("\r\nAccept-Encoding: zstd\r\n\r\n", await SentAsync(go => go.GetAsync("/v2/", ("Accept-Encoding", "zstd"))), StringComparison.Ordinal);
        Assert.EndsWith("\r\nRange: bytes=1-\r\n\r\n", await SentAsync(go => go.GetAsync("/v2/", ("Range", "bytes=1-"))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_post_without_a_body_has_the_length_zero() => Assert.Equal(
        "POST /v2/a/blobs/uploads/ HTTP/1.1\r\nHost: {host}\r\nUser-Agent: containerd/2.1.9\r\nContent-Length: 0\r\nAccept-Encoding: gzip\r\n\r\n",
        await SentAsync(go => go.PostAsync("/v2/a/blobs/uploads/")));

    [Fact]
    public async Task A_body_has_its_length_before_its_type() => Assert.Equal(
        "PUT /v2/a HTTP/1.1\r\nHost: {host}\r\nUser-Agent: containerd/2.1.9\r\nContent-Length: 3\r\n"
        + "Content-Type: application/octet-stream\r\nAccept-Encoding: gzip\r\n\r\nabc",
        await SentAsync(go => go.SendAsync("PUT", "/v2/a", "abc"u8.ToArray(), ("Content-Type", "application/octet-stream"))));

    [Fact]
    public async Task A_stream_is_sent_in_chunks() => Assert.Equal(
        "PATCH /v2/a HTTP/1.1\r\nHost: {host}\r\nUser-Agent: containerd/2.1.9\r\nTransfer-Encoding: chunked\r\nAccept-Encoding: gzip\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        await SentAsync(go => go.StreamAsync("PATCH", "/v2/a", "abc"u8.ToArray())));

    // What a server reads before it answers. The last bytes of a request are those of its empty line, its body or its last chunk.
    private static async Task<string> SentAsync(Func<GoClient, Task<RawResponse>> send)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var host = listener.LocalEndpoint.ToString()!;
        await using var go = new GoClient(new Uri($"http://{host}"), "containerd/2.1.9");
        var answering = send(go);
        using var connection = await listener.AcceptTcpClientAsync().WaitAsync(Eventually.Guard);
        var request = "";
        var buffer = new byte[4096];
        while (!IsWhole(request))
        {
            var read = await connection.GetStream().ReadAsync(buffer).AsTask().WaitAsync(Eventually.Guard);
            Assert.NotEqual(0, read);
            request += Encoding.Latin1.GetString(buffer, 0, read);
        }

        await connection.GetStream().WriteAsync(Encoding.Latin1.GetBytes(Answer));
        (await answering).Is("200 OK");
        return request.Replace(host, "{host}", StringComparison.Ordinal);
    }

    private static bool IsWhole(string request) => request.Contains("chunked", StringComparison.Ordinal)
        ? request.EndsWith("0\r\n\r\n", StringComparison.Ordinal)
        : request.EndsWith(request.Contains("Content-Length: 3", StringComparison.Ordinal) ? "\r\n\r\nabc" : "\r\n\r\n", StringComparison.Ordinal);
}
