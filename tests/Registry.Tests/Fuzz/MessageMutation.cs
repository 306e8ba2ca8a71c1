namespace Registry.Tests.Fuzz;

/// <summary>Spoils one part of a request: its line, its target, its headers, its framing or its body.</summary>
internal sealed class MessageMutation(Random random)
{
    /// <summary>Bodies beyond this are only made now and then: they test a limit and take time.</summary>
    private const int LargeBody = (4 << 20) + 1;

    public void Apply(Message message)
    {
        Action<Message> mutation = random.Next(100) switch
        {
            < 6 => Line,
            < 30 => Target,
            < 50 => Header,
            < 62 => KnownHeader,
            < 72 => Framing,
            _ => message.Body.Length > 0 ? Body : Target,
        };
        mutation(message);
    }

    private void Line(Message message)
    {
        if (random.Next(4) > 0)
        {
            message.Method = random.Of(Values.Methods);
        }
        else
        {
            message.Version = random.Of(Values.Versions);
        }

        message.IsFramed = false;
    }

    private void Target(Message message)
    {
        var (path, query) = message.Target.IndexOf('?') is var mark and >= 0
            ? (message.Target[..mark], message.Target[(mark + 1)..])
            : (message.Target, null);
        message.Target = random.Next(8) switch
        {
            0 => Insert(message.Target, random.Of(Values.Segments)),
            1 => Insert(message.Target, random.Of(Values.Texts)),
            2 or 3 => WithSegment(path) + (query is null ? "" : "?" + query),
            4 => Escaped(path) + (query is null ? "" : "?" + query),
            5 => random.Of(["*", "", "/", "//", "http://", "http:///v2/", "http://a" + message.Target, "localhost:80", "?" + query, path + "/", path + "?", path.Replace("/v2", "/V2")]),
            _ => path + "?" + Query(query),
        };
        message.IsFramed = false;
    }

    private string WithSegment(string path)
    {
        var segments = path.Split('/');
        segments[random.Next(segments.Length)] = random.Of<string[]>([Values.Names, Values.Digests, Values.Texts, Values.Names]) is var values ? random.Of(values) : "";
        return string.Join('/', segments);
    }

    private string Escaped(string path)
    {
        if (path.Length == 0)
        {
            return path;
        }

        var at = random.Next(path.Length);
        return path[..at] + $"%{(int)path[at]:x2}" + path[(at + 1)..];
    }

    private string Query(string? query)
    {
        var parameters = (query ?? "").Split('&', StringSplitOptions.RemoveEmptyEntries).ToList();
        var added = $"{(random.Next(5) > 0 ? random.Of(Values.Parameters) : Values.Any(random))}={Values.Any(random)}";
        switch (random.Next(5))
        {
            case 0 when parameters.Count > 0:
                parameters.RemoveAt(random.Next(parameters.Count));
                break;
            case 1 when parameters.Count > 0:
                parameters.Add(random.Of(parameters));
                break;
            case 2 when parameters.Count > 0:
                var at = random.Next(parameters.Count);
                parameters[at] = parameters[at].Split('=')[0] + "=" + Values.Any(random);
                break;
            case 3:
                parameters.AddRange(Enumerable.Repeat(added, random.Of([2, 10, 101, 1100])));
                break;
            default:
                parameters.Add(added);
                break;
        }

        return string.Join('&', parameters);
    }

    private void Header(Message message)
    {
        var headers = message.Headers;
        message.IsFramed = false;
        var at = headers.Count == 0 ? -1 : random.Next(headers.Count);
        switch (random.Next(10))
        {
            case 0 when at >= 0:
                headers.Add(headers[at]);
                break;
            case 1 when at >= 0:
                headers.Add((headers[at].Name, Values.Any(random)));
                break;
            case 2 when at >= 0:
                headers.RemoveAt(at);
                break;
            case 3 when at >= 0:
                headers[at] = (random.Of([headers[at].Name.ToUpperInvariant(), headers[at].Name.ToLowerInvariant(), headers[at].Name + " ", " " + headers[at].Name]), headers[at].Value);
                break;
            case 4 when at >= 0:
                headers[at] = (headers[at].Name, Insert(headers[at].Value, Values.Any(random)));
                break;
            case 5 when at >= 0:
                headers[at] = (headers[at].Name, Values.Any(random));
                break;
            case 6:
                headers.AddRange(Enumerable.Range(0, random.Of([5, 99, 200])).Select(i => ($"X-{i}", random.Of(Values.Texts))));
                break;
            default:
                headers.Insert(random.Next(headers.Count + 1), (random.Of(Values.HeaderNames), Values.Any(random)));
                break;
        }
    }

    /// <summary>A header that means something here, with a value of its kind.</summary>
    private void KnownHeader(Message message)
    {
        var (name, values) = random.Of<(string, string[])>(
        [
            ("Range", Values.Ranges), ("Content-Range", Values.Ranges), ("If-Range", Values.Digests), ("If-Match", Values.Digests), ("If-None-Match", Values.Digests),
            ("If-Match", Values.Texts), ("If-None-Match", ["*", "\"*\"", "*, *", "W/*"]), ("Accept", Values.MediaTypes), ("Content-Type", Values.MediaTypes), ("Authorization", Values.Credentials),
            ("WWW-Authenticate", Values.Credentials), ("Expect", ["100-continue", "x"]), ("Origin", Values.HeaderValues), ("traceparent", Values.HeaderValues),
        ]);
        var value = random.Of(values);
        message.Headers.RemoveAll(header => random.Next(3) > 0 && header.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        message.Headers.Add((name, name.StartsWith("If-", StringComparison.Ordinal) && random.Next(2) == 0 ? $"\"{value}\"" : value));

        // These values may hold what no header may, and an expectation may be refused.
        message.IsFramed = false;
    }

    private void Framing(Message message)
    {
        message.IsFramed = false;
        var length = message.Body.Length;
        switch (random.Next(6))
        {
            case 0:
                message.Headers.Add(("Content-Length", random.Of([$"{length + 1}", $"{length - 1}", $"{length * 2}", $"{length}, {length}", $"+{length}", $" {length}", random.Of(Values.Numbers)])));
                break;
            case 1:
                message.Headers.AddRange([("Content-Length", $"{length}"), ("Content-Length", random.Of([$"{length}", $"{length + 1}", "0"]))]);
                break;
            case 2:
                message.Headers.Add(("Transfer-Encoding", random.Of(["chunked", "Chunked", "gzip, chunked", "chunked, gzip", "identity", "xchunked", "chunked;a=b", "\tchunked"])));
                break;
            case 3:
                message.Headers.AddRange([("Transfer-Encoding", "chunked"), ("Content-Length", $"{length}")]);
                break;
            default:
                message.Headers.RemoveAll(header => header.Name == "Transfer-Encoding");
                message.Headers.Add(("Transfer-Encoding", "chunked"));
                message.ChunkedBody = BrokenChunks(message.Body);
                break;
        }
    }

    private byte[] BrokenChunks(byte[] body)
    {
        var (head, tail) = random.Next(10) switch
        {
            0 => ($"{body.Length:X}\n", "\n0\n\n"),
            1 => ($"{body.Length + 5:x}\r\n", "\r\n0\r\n\r\n"),
            2 => ($"{Math.Max(0, body.Length - 1):x}\r\n", "\r\n0\r\n\r\n"),
            3 => ("FFFFFFFFFFFFFFFF\r\n", "\r\n0\r\n\r\n"),
            4 => ("7fffffff\r\n", "\r\n0\r\n\r\n"),
            5 => ("-1\r\n", "\r\n0\r\n\r\n"),
            6 => ($"{body.Length:x};{random.Of(Values.Texts)}=\"{random.Of(Values.Texts)}\"\r\n", "\r\n0\r\n\r\n"),
            7 => ($"{body.Length:x}\r\n", $"\r\n0\r\n{random.Of(Values.HeaderNames)}: {Values.Any(random)}\r\n\r\n"),
            8 => ($"0x{body.Length:x}\r\n", "\r\n0\r\n\r\n"),
            _ => ($"{body.Length:x}\r\n", "\r\n"),
        };
        return [.. System.Text.Encoding.Latin1.GetBytes(head), .. body, .. System.Text.Encoding.Latin1.GetBytes(tail)];
    }

    private void Body(Message message)
    {
        var isJson = message.Body is [(byte)'{', ..];
        message.Body = random.Next(isJson ? 10 : 4) switch
        {
            0 => [],
            1 => ByteMutation.Apply(random, message.Body),
            2 => message.Body[..random.Next(message.Body.Length)],
            3 => random.Next(100) > 0 ? [.. message.Body, .. message.Body] : [.. message.Body, .. new byte[LargeBody]],
            _ => new JsonMutation(random).Apply(message.Body),
        };
    }

    private string Insert(string text, string inserted)
    {
        var at = random.Next(text.Length + 1);
        return text[..at] + inserted + text[at..];
    }
}
