using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Registry.Tests.Wire;

namespace Registry.Tests.History;

/// <summary>
/// One client, doing one thing at a time, chosen at random. It speaks over a bare socket: a client library sends a request
/// again when a connection is lost, and then one operation would be two.
/// </summary>
internal sealed class Client(Uri address, string repository, Log log, int number) : IAsyncDisposable
{
    public static readonly string[] Tags = [.. Enumerable.Range(0, 8).Select(i => $"t{i}")];

    private const string Any = "*";
    private static readonly byte[][] Blobs = [.. Enumerable.Range(0, 4).Select(i => Encoding.ASCII.GetBytes($"blob {i}"))];

    private readonly Random _random = new(number);
    private RawHttp? _connection;
    private int _written;

    /// <summary>One operation. It is none when the registry is gone.</summary>
    public async Task StepAsync()
    {
        var tag = Tags[_random.Next(Tags.Length)];
        try
        {
            await (_random.Next(100) switch
            {
                < 18 => ReadAsync("GET", tag),
                < 32 => ReadAsync("HEAD", tag),
                < 37 => ListAsync(),
                < 49 => PutAsync(tag),
                < 65 when log.Latest(tag) is { } latest => PutIfMatchAsync(tag, latest),
                < 71 => PutIfMatchAsync(tag, Any),
                < 79 => PutIfNoneMatchAsync(tag),
                < 85 => DeleteAsync(tag),
                < 88 when log.Latest(tag) is { } latest => DeleteManifestAsync(latest),
                < 92 when log.Latest(tag) is { } latest => ReadAsync("GET", tag, latest),
                _ => BlobAsync(Blobs[_random.Next(Blobs.Length)]),
            });
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // A read that was cut off tells nothing, and what could not be sent has not happened.
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is { } connection)
        {
            _connection = null;
            await connection.DisposeAsync();
        }
    }

    private async Task ReadAsync(string method, string tag, string? digest = null)
    {
        var call = await ReadAsync($"{method} {At($"manifests/{digest ?? tag}")}");
        var seen = call.Is(200, 404) is 404 ? null : call.Answer!.Header("Docker-Content-Digest")!;
        if (seen is not null && method is "GET")
        {
            Assert.Equal(seen, Oci.Digest(call.Answer!.Body));
        }

        if (seen is not null && digest is null)
        {
            log.SetLatest(tag, seen);
        }

        Add(digest ?? tag, call, Step.Saw(seen));
    }

    private async Task ListAsync()
    {
        var call = await ReadAsync($"GET {At("tags/list")}");
        call.Is(200);
        var listed = JsonNode.Parse(call.Answer!.Body)!["tags"]!.AsArray().Select(tag => (string?)tag).ToHashSet();
        foreach (var tag in Tags)
        {
            Add(tag, call, Step.Exists(listed.Contains(tag)));
        }
    }

    private async Task PutAsync(string tag)
    {
        var (digest, content) = Manifest(tag);
        var call = await PutAsync(tag, content, "");
        call.Is(201);
        Stored(tag, call, digest, Step.Put(digest));
    }

    private async Task PutIfMatchAsync(string tag, string expected)
    {
        var (digest, content) = Manifest(tag);
        var call = await PutAsync(tag, content, $"\nIf-Match: {(expected is Any ? Any : $"\"{expected}\"")}");
        if (call.Is(201, 412) is 412)
        {
            Add(tag, call, expected is Any ? Step.Exists(false) : Step.WasNot(expected));
        }
        else
        {
            Stored(tag, call, digest, expected is Any ? Step.ReplacedAny(digest) : Step.Replaced(expected, digest));
        }
    }

    private async Task PutIfNoneMatchAsync(string tag)
    {
        var (digest, content) = Manifest(tag);
        var call = await PutAsync(tag, content, "\nIf-None-Match: *");
        if (call.Is(201, 412) is 412)
        {
            Add(tag, call, Step.Exists(true));
        }
        else
        {
            Stored(tag, call, digest, Step.Created(digest));
        }
    }

    /// <summary>Mostly a new manifest, now and then the last one the tag was seen with.</summary>
    private (string Digest, byte[] Content) Manifest(string tag)
    {
        var content = log.Latest(tag) is { } latest && _random.Next(8) == 0 && log.Manifests.TryGetValue(latest, out var known)
            ? known
            : Documents.Index().With("annotations", new JsonObject { ["written"] = $"{number}/{_written++}" }).Bytes();
        var digest = Oci.Digest(content);
        log.Manifests[digest] = content;
        return (digest, content);
    }

    private Task<Call> PutAsync(string tag, byte[] content, string condition) =>
        WriteAsync($"PUT {At($"manifests/{tag}")} HTTP/1.1\nContent-Type: {Oci.IndexType}{condition}", content);

    private void Stored(string tag, Call call, string digest, Step step)
    {
        Add(tag, call, step);
        Add(digest, call, Step.Put(digest));
        if (call.Answer is not null)
        {
            log.SetLatest(tag, digest);
        }
    }

    private async Task DeleteAsync(string tag)
    {
        var call = await WriteAsync($"DELETE {At($"manifests/{tag}")} HTTP/1.1");
        Add(tag, call, call.Is(202, 404) is 404 ? Step.Saw(null) : Step.Deleted());
    }

    private async Task DeleteManifestAsync(string digest)
    {
        var call = await WriteAsync($"DELETE {At($"manifests/{digest}")} HTTP/1.1");
        var missing = call.Is(202, 404) is 404;
        Add(digest, call, missing ? Step.Saw(null) : Step.Deleted());
        foreach (var tag in Tags)
        {
            Add(tag, call, missing ? Step.WasNot(digest) : Step.Cleared(digest));
        }
    }

    private async Task BlobAsync(byte[] content)
    {
        var digest = Oci.Digest(content);
        switch (_random.Next(8))
        {
            case < 2:
                var pushed = await WriteAsync($"POST {At($"blobs/uploads/?digest={digest}")} HTTP/1.1", content);
                pushed.Is(201);
                Add(digest, pushed, Step.Put(digest));
                break;
            case 2:
                var deleted = await WriteAsync($"DELETE {At($"blobs/{digest}")} HTTP/1.1");
                Add(digest, deleted, deleted.Is(202, 404) is 404 ? Step.Saw(null) : Step.Deleted());
                break;
            default:
                var read = await ReadAsync($"GET {At($"blobs/{digest}")}");
                var there = read.Is(200, 404) is 200;
                Assert.Equal(there ? content : read.Answer!.Body, read.Answer!.Body);
                Add(digest, read, Step.Saw(there ? digest : null));
                break;
        }
    }

    // A write whose answer was lost may have happened; after a read of that kind nothing is known that was not before.
    private void Add(string register, Call call, Step step)
    {
        if (call.Answer is not null || !step.IsRead)
        {
            log.Add(register, new Operation(number, call.Invoked, call.Answer is null ? Operation.Never : call.Returned, step));
        }
    }

    private Task<Call> ReadAsync(string line) => CallAsync($"{line} HTTP/1.1", [], cut: false);

    /// <summary>Of some writes the answer is not awaited, the connection is cut.</summary>
    private async Task<Call> WriteAsync(string head, byte[]? body = null)
    {
        var invoked = Log.Now;
        try
        {
            return await CallAsync($"{head}\nContent-Length: {body?.Length ?? 0}", body ?? [], cut: _random.Next(500) == 0);
        }
        catch (IOException)
        {
            return new Call(invoked, Operation.Never, null);
        }
    }

    private async Task<Call> CallAsync(string head, byte[] body, bool cut)
    {
        var invoked = Log.Now;
        try
        {
            _connection ??= await RawHttp.ConnectAsync(address);
            await _connection.SendHeadAsync(head);
            await _connection.SendAsync(body);
            if (cut)
            {
                _connection.Reset();
                throw new IOException("The answer is not awaited.");
            }

            var answer = await _connection.ReadResponseAsync(toHead: head.StartsWith("HEAD ", StringComparison.Ordinal));
            return new Call(invoked, Log.Now, answer);
        }
        catch (IOException)
        {
            await DisposeAsync();
            throw;
        }
    }

    private string At(string rest) => $"/v2/{repository}/{rest}";

    /// <summary>A request and its answer, null when that was lost.</summary>
    private sealed record Call(long Invoked, long Returned, RawResponse? Answer)
    {
        /// <summary>The status, which has to be one of these; the first of them stands for an answer that was lost.</summary>
        public int Is(params int[] statuses)
        {
            Assert.True(Answer is null || statuses.Contains(Answer.Status), $"Expected {string.Join(" or ", statuses)}, was answered {Answer}");
            return Answer?.Status ?? statuses[0];
        }
    }
}
