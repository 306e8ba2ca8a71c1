using System.Net;
using Microsoft.AspNetCore.Http;

namespace Registry.Tests.Upstreams;

/// <summary>What a <see cref="HostileUpstream"/> does wrong. It may be changed at any time and counts from the next request on.</summary>
public sealed class UpstreamFaults
{
    private readonly Lock _lock = new();
    private readonly List<(Func<HttpRequest, bool> When, RequestDelegate Answer)> _rules = [];

    /// <summary>Answers everything below <c>/v2/</c> so, instead of what is asked for.</summary>
    public HttpStatusCode? Status { get; set; }

    /// <summary>Retry-After of what is not 200.</summary>
    public string? RetryAfter { get; set; }

    /// <summary>What <c>ratelimit-limit</c> and <c>ratelimit-remaining</c> say on manifests.</summary>
    public (string Limit, string Remaining)? RateLimit { get; set; }

    /// <summary>Where blobs are redirected to, by their path.</summary>
    public Func<string, string?> BlobRedirect { get; set; } = _ => null;

    /// <summary>Where manifests are redirected to, by their path.</summary>
    public Func<string, string?> ManifestRedirect { get; set; } = _ => null;

    /// <summary>Blobs and manifests have one bit other than they should.</summary>
    public bool FlipsBit { get; set; }

    /// <summary>Bodies are followed by so many bytes too many, within what Content-Length says, or without one.</summary>
    public int Appends { get; set; }

    /// <summary>Bodies are sent in chunks, without Content-Length.</summary>
    public bool Chunked { get; set; }

    /// <summary>What Content-Length says, whatever comes.</summary>
    public long? ContentLength { get; set; }

    /// <summary>The connection is cut after so many bytes of each body.</summary>
    public int? CutEvery { get; set; }

    /// <summary>Bodies stop after so many bytes until <see cref="Resume"/>.</summary>
    public int? StopAfter { get; set; }

    public bool IgnoresRange { get; set; }

    /// <summary>Bodies are compressed, though nobody has asked for it.</summary>
    public bool Gzip { get; set; }

    /// <summary>Nothing says what the digest is.</summary>
    public bool HidesDigest { get; set; }

    /// <summary>HEAD is answered 405.</summary>
    public bool RefusesHead { get; set; }

    private TaskCompletionSource Gate { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Answers some requests in the test's own way. The last rule that fits counts.</summary>
    public void Answer(Func<HttpRequest, bool> when, RequestDelegate answer)
    {
        lock (_lock)
        {
            _rules.Insert(0, (when, answer));
        }
    }

    /// <summary>Answers everything below a path with a status.</summary>
    public void Answer(string path, HttpStatusCode status, params (string Name, string Value)[] headers) => Answer(
        request => request.Path.StartsWithSegments(path),
        context =>
        {
            context.Response.StatusCode = (int)status;
            foreach (var (name, value) in headers)
            {
                context.Response.Headers.Append(name, value);
            }

            return Task.CompletedTask;
        });

    /// <summary>Nothing is answered in the test's own way any more.</summary>
    public void Heal()
    {
        lock (_lock)
        {
            _rules.Clear();
        }
    }

    /// <summary>Lets the bodies that have stopped go on.</summary>
    public void Resume()
    {
        StopAfter = null;
        Gate.TrySetResult();
        Gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    internal RequestDelegate? Find(HttpRequest request)
    {
        lock (_lock)
        {
            return _rules.Find(rule => rule.When(request)).Answer;
        }
    }

    internal Task WaitAsync(CancellationToken cancellationToken) => Gate.Task.WaitAsync(cancellationToken);
}
