using System.Globalization;
using System.Text;

namespace Registry.Tests.Exchanges.Libraries;

/// <summary>
/// Any client written in Go as it looks on the wire: a kept connection, and requests in the order in which net/http writes
/// them: Host, User-Agent, the length of the body, all other headers by name, then what the transport adds by itself.
/// </summary>
internal sealed class GoClient(Uri address, string userAgent) : IAsyncDisposable
{
    // io.Copy reads, and so the chunked coding writes, in pieces of this size.
    private const int Piece = 32 * 1024;

    private RawHttp? _connection;

    /// <summary>The header that goes with every request which has none of its own: credentials, or a token once there is one.</summary>
    public string? Authorization { get; set; }

    /// <summary>Host and port of the registry, as clients name it in parameters.</summary>
    public string Authority => address.Authority;

    public Task<RawResponse> HeadAsync(string target, params (string Name, string Value)[] headers) => SendAsync("HEAD", target, null, headers);

    public Task<RawResponse> GetAsync(string target, params (string Name, string Value)[] headers) => SendAsync("GET", target, null, headers);

    public Task<RawResponse> DeleteAsync(string target, params (string Name, string Value)[] headers) => SendAsync("DELETE", target, null, headers);

    public Task<RawResponse> PostAsync(string target, params (string Name, string Value)[] headers) => SendAsync("POST", target, null, headers);

    /// <summary>A body of known length.</summary>
    public Task<RawResponse> SendAsync(string method, string target, byte[]? body, params (string Name, string Value)[] headers) =>
        ExchangeAsync(method, target, body ?? [], body is null && method is "GET" or "HEAD" or "DELETE" ? null : $"Content-Length: {body?.Length ?? 0}", headers);

    /// <summary>A body whose length the client does not know: chunked.</summary>
    public Task<RawResponse> StreamAsync(string method, string target, byte[] body, params (string Name, string Value)[] headers) =>
        ExchangeAsync(method, target, InChunks(body), "Transfer-Encoding: chunked", headers);

    /// <summary>A value as <c>url.QueryEscape</c> writes it into a query.</summary>
    public static string Escape(string value) => Uri.EscapeDataString(value);

    /// <summary>A name of a repository that no other test uses.</summary>
    public static string NewName(string prefix = "team") => $"{prefix}/{Guid.NewGuid():n}";

    public ValueTask DisposeAsync() => _connection?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task<RawResponse> ExchangeAsync(string method, string target, byte[] body, string? length, (string Name, string Value)[] headers)
    {
        _connection ??= await RawHttp.ConnectAsync(address);
        await _connection.SendHeadAsync(Head(method, target, length, headers));
        if (body.Length > 0)
        {
            await _connection.SendAsync(body);
        }

        var answer = await _connection.ReadResponseAsync(toHead: method is "HEAD");
        answer.IsWellFormed(method, target);
        if (answer.Header("Connection") is "close")
        {
            await _connection.DisposeAsync();
            _connection = null;
        }

        return answer;
    }

    private string Head(string method, string target, string? length, (string Name, string Value)[] headers)
    {
        var head = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{method} {target} HTTP/1.1\nUser-Agent: {userAgent}\n");
        if (length is not null)
        {
            head.Append(length).Append('\n');
        }

        if (Authorization is not null && !headers.Any(header => header.Name is "Authorization"))
        {
            headers = [.. headers, ("Authorization", Authorization)];
        }

        foreach (var (name, value) in headers.OrderBy(header => header.Name, StringComparer.Ordinal))
        {
            head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\n");
        }

        // The transport asks for gzip, and unpacks it, where the program itself has said nothing about encodings or ranges.
        if (method is not "HEAD" && !headers.Any(header => header.Name is "Accept-Encoding" or "Range"))
        {
            head.Append("Accept-Encoding: gzip\n");
        }

        return head.ToString();
    }

    private static byte[] InChunks(byte[] body)
    {
        using var chunks = new MemoryStream();
        foreach (var piece in body.Chunk(Piece))
        {
            chunks.Write(Encoding.ASCII.GetBytes($"{piece.Length:x}\r\n"));
            chunks.Write(piece);
            chunks.Write("\r\n"u8);
        }

        chunks.Write("0\r\n\r\n"u8);
        return chunks.ToArray();
    }
}
