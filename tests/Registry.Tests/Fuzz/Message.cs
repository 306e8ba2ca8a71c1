using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Registry.Tests.Fuzz;

/// <summary>A request in its parts, so that each can be spoilt alone. Text is Latin-1 on the wire: any byte can be in it.</summary>
internal sealed class Message
{
    public required string Method { get; set; }

    public required string Target { get; set; }

    public required string Version { get; set; }

    public required List<(string Name, string Value)> Headers { get; init; }

    public required byte[] Body { get; set; }

    /// <summary>Whether the body is framed as HTTP demands, so that an answer must come.</summary>
    public bool IsFramed { get; set; } = true;

    /// <summary>What is sent in place of the body in chunked coding; null for the coding as it should be.</summary>
    public byte[]? ChunkedBody { get; set; }

    public bool IsChunked => Headers.Any(header => header.Name.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase));

    public static Message Parse(string text)
    {
        var end = text.IndexOf("\n\n", StringComparison.Ordinal);
        var lines = (end < 0 ? text : text[..end]).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var request = lines[0].Split(' ');
        return new Message
        {
            Method = request[0],
            Target = request[1],
            Version = request[2],
            Headers = [.. lines.Skip(1).Select(line => (line[..line.IndexOf(':')], line[(line.IndexOf(':') + 1)..].Trim()))],
            Body = Encoding.UTF8.GetBytes(end < 0 ? "" : text[(end + 2)..].TrimEnd('\n')),
        };
    }

    public Message Copy() => new()
    {
        Method = Method,
        Target = Target,
        Version = Version,
        Headers = [.. Headers],
        Body = Body,
        IsFramed = IsFramed,
        ChunkedBody = ChunkedBody,
    };

    /// <summary>The bytes of the request. Host and Content-Length are added where the message does not have them.</summary>
    public byte[] Bytes(string host)
    {
        var head = new StringBuilder($"{Method} {Digests(Target)} {Version}\r\n");
        if (!Has("Host"))
        {
            head.Append(CultureInfo.InvariantCulture, $"Host: {host}\r\n");
        }

        foreach (var (name, value) in Headers)
        {
            head.Append(name).Append(": ").Append(Digests(value)).Append("\r\n");
        }

        if (!IsChunked && !Has("Content-Length") && Body.Length > 0)
        {
            head.Append(CultureInfo.InvariantCulture, $"Content-Length: {Body.Length}\r\n");
        }

        return [.. Encoding.Latin1.GetBytes(head.Append("\r\n").ToString()), .. IsChunked ? ChunkedBody ?? Chunked(Body) : Body];
    }

    public bool Has(string header) => Headers.Any(entry => entry.Name.Equals(header, StringComparison.OrdinalIgnoreCase));

    public static byte[] Chunked(byte[] body)
    {
        var half = body.Length / 2;
        return [.. Chunk(body.AsSpan(0, half)), .. Chunk(body.AsSpan(half)), .. "0\r\n\r\n"u8];

        static byte[] Chunk(ReadOnlySpan<byte> part) =>
            part.Length == 0 ? [] : [.. Encoding.ASCII.GetBytes($"{part.Length:x}\r\n"), .. part, .. "\r\n"u8];
    }

    private string Digests(string text) => text
        .Replace("{sha256}", "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Body)), StringComparison.Ordinal)
        .Replace("{sha512}", "sha512:" + Convert.ToHexStringLower(SHA512.HashData(Body)), StringComparison.Ordinal);
}
