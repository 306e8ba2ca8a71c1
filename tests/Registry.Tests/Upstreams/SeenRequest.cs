using System.Net;

namespace Registry.Tests.Upstreams;

/// <summary>A request that a <see cref="HostileUpstream"/> has had, and what it has sent in return.</summary>
public sealed class SeenRequest(string method, string path, string query, IReadOnlyDictionary<string, string> headers)
{
    private long _bytes;

    public string Method => method;

    /// <summary>As in <c>/v2/library/app/manifests/latest</c>.</summary>
    public string Path => path;

    /// <summary>With its question mark, or empty.</summary>
    public string Query => query;

    /// <summary>The headers, several values of one joined by commas.</summary>
    public IReadOnlyDictionary<string, string> Headers => headers;

    public string? Authorization => headers.GetValueOrDefault("Authorization");

    /// <summary>The bytes of the body so far.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    public HttpStatusCode Status { get; internal set; }

    public override string ToString() => $"{method} {path}{query} {(int)Status}";

    internal void Sent(int count) => Interlocked.Add(ref _bytes, count);
}
