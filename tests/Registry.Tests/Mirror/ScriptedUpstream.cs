using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Registry.Tests.Mirror;

/// <summary>
/// A registry inside the test process that is mirrored: it has what it is given, writes down what it is asked, and stands still, breaks
/// off or lies when it is told to.
/// </summary>
internal sealed class ScriptedUpstream : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, byte[]> _blobs = new();
    private readonly ConcurrentDictionary<string, (byte[] Content, string Type)> _manifests = new();
    private WebApplication? _application;
    private TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _blobBytes;

    private ScriptedUpstream()
    {
    }

    public Uri Address { get; } = new($"http://127.0.0.1:{Ports.Next()}");

    /// <summary>Everything it was asked for, in order.</summary>
    public ConcurrentQueue<UpstreamRequestSeen> Requests { get; } = [];

    /// <summary>The bytes of blobs that it has sent.</summary>
    public long BlobBytes => Interlocked.Read(ref _blobBytes);

    /// <summary>Where the body of a blob stands still until <see cref="Release"/>; null for nowhere.</summary>
    public long? HoldsAt { get; set; }

    /// <summary>After how many bytes the next answers with a blob break off, one for each.</summary>
    public ConcurrentQueue<long> Cuts { get; } = [];

    public bool IgnoresRanges { get; set; }

    /// <summary>Whether it says which digest a tag points to.</summary>
    public bool TellsDigests { get; set; } = true;

    /// <summary>Answers in its place; true when it has done so.</summary>
    public Func<HttpContext, Task<bool>>? Instead { get; set; }

    public static async Task<ScriptedUpstream> StartAsync()
    {
        var upstream = new ScriptedUpstream();
        await upstream.StartAgainAsync();
        return upstream;
    }

    public async Task StartAgainAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(Address.GetLeftPart(UriPartial.Authority));
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MinResponseDataRate = null);
        _application = builder.Build();
        _application.Run(AnswerAsync);
        await _application.StartAsync();
    }

    /// <summary>Nothing listens at its address any more.</summary>
    public async Task StopAsync()
    {
        if (_application is { } application)
        {
            _application = null;
            using var now = new CancellationTokenSource(TimeSpan.Zero);
            await application.StopAsync(now.Token);
            await application.DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    /// <summary>Gives it an image, under its digest and perhaps a tag.</summary>
    public void Put(string repository, Image image, string? tag = null)
    {
        foreach (var content in image.Blobs.Values)
        {
            PutBlob(repository, content);
        }

        PutManifest(repository, image.Manifest, image.MediaType, tag);
    }

    public string PutBlob(string repository, byte[] content)
    {
        var digest = Oci.Digest(content);
        _blobs[$"{repository}/blobs/{digest}"] = content;
        return digest;
    }

    public string PutManifest(string repository, byte[] content, string type, string? tag = null)
    {
        var digest = Oci.Digest(content);
        _manifests[$"{repository}/manifests/{digest}"] = (content, type);
        if (tag is not null)
        {
            _manifests[$"{repository}/manifests/{tag}"] = (content, type);
        }

        return digest;
    }

    /// <summary>Takes a manifest away that it was given under this reference.</summary>
    public void Remove(string repository, string reference) => Assert.True(_manifests.TryRemove($"{repository}/manifests/{reference}", out _));

    /// <summary>How often it was asked for something that ends so, as in <c>GET app/manifests/v1</c>.</summary>
    public int Count(string request) => Requests.Count(seen => $"{seen.Method} {seen.Path}".EndsWith(request, StringComparison.Ordinal)
        || $"{seen.Method} {seen.Path}".StartsWith(request, StringComparison.Ordinal));

    /// <summary>The offsets from which a blob was asked for.</summary>
    public IReadOnlyList<long> Offsets(string digest) =>
        [.. Requests.Where(seen => seen.Method == "GET" && seen.Path.EndsWith($"/blobs/{digest}", StringComparison.Ordinal)).Select(seen => seen.From)];

    /// <summary>Lets everything go on that stands still, and holds nothing from now on.</summary>
    public void Release()
    {
        HoldsAt = null;
        Interlocked.Exchange(ref _released, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
    }

    private async Task AnswerAsync(HttpContext http)
    {
        var path = http.Request.Path.Value!["/v2/".Length..];
        Requests.Enqueue(new UpstreamRequestSeen(http.Request.Method, path, From(http), http.Request.Headers.IfNoneMatch));
        if (Instead is { } instead && await instead(http))
        {
            return;
        }

        if (_manifests.TryGetValue(path, out var manifest))
        {
            await AnswerManifestAsync(http, manifest.Content, manifest.Type);
        }
        else if (_blobs.TryGetValue(path, out var blob))
        {
            await AnswerBlobAsync(http, blob, IgnoresRanges ? 0 : From(http));
        }
        else
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
        }
    }

    private async Task AnswerManifestAsync(HttpContext http, byte[] content, string type)
    {
        var digest = Oci.Digest(content);
        if (TellsDigests)
        {
            http.Response.Headers["Docker-Content-Digest"] = digest;
        }

        if (http.Request.Headers.IfNoneMatch == $"\"{digest}\"")
        {
            http.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        http.Response.ContentType = type;
        http.Response.ContentLength = content.Length;
        if (HttpMethods.IsGet(http.Request.Method))
        {
            await http.Response.Body.WriteAsync(content);
        }
    }

    private async Task AnswerBlobAsync(HttpContext http, byte[] content, long from)
    {
        http.Response.ContentLength = content.Length - from;
        if (from > 0)
        {
            http.Response.StatusCode = StatusCodes.Status206PartialContent;
            http.Response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes {from}-{content.Length - 1}/{content.Length}");
        }

        if (HttpMethods.IsGet(http.Request.Method))
        {
            await SendAsync(http, content, from, Cuts.TryDequeue(out var cut) ? Math.Min(from + cut, content.Length) : content.Length);
        }
    }

    private async Task SendAsync(HttpContext http, byte[] content, long from, long to)
    {
        while (from < to)
        {
            var (hold, released) = (HoldsAt, _released);
            if (from == hold)
            {
                await http.Response.Body.FlushAsync();
                await released.Task.WaitAsync(http.RequestAborted);
                continue;
            }

            var end = Math.Min(Math.Min(from + (64 << 10), to), hold > from ? hold.Value : long.MaxValue);
            await http.Response.Body.WriteAsync(content.AsMemory((int)from, (int)(end - from)), http.RequestAborted);
            Interlocked.Add(ref _blobBytes, end - from);
            from = end;
        }
    }

    private static long From(HttpContext http) =>
        http.Request.GetTypedHeaders().Range?.Ranges.Single().From ?? 0;
}

/// <summary>A request that an upstream has got.</summary>
/// <param name="Method">GET or HEAD.</param>
/// <param name="Path">What follows <c>/v2/</c>.</param>
/// <param name="From">The first byte that was asked for.</param>
/// <param name="IfNoneMatch">The validator it came with.</param>
internal sealed record UpstreamRequestSeen(string Method, string Path, long From, string? IfNoneMatch);
