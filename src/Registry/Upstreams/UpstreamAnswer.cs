using System.Net;
using Registry.Storage.Oci;

namespace Registry.Upstreams;

/// <summary>What an upstream answered. It takes one of the upstream's connections until it is disposed.</summary>
internal sealed class UpstreamAnswer : IDisposable
{
    public required UpstreamOutcome Outcome { get; init; }

    /// <summary>The status of the last response, if there was one.</summary>
    public HttpStatusCode? Status { get; init; }

    /// <summary>When it is worth asking again, as far as somebody said so.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>One sentence for logs and warnings about what is not <see cref="UpstreamOutcome.Found"/>: no secret, no address.</summary>
    public string? Why { get; init; }

    /// <summary>The digest the upstream claims, if it is well formed. Nothing has been compared with it.</summary>
    public Digest? Digest { get; init; }

    public string? MediaType { get; init; }

    /// <summary>The validator of the response, with its quotes.</summary>
    public string? ETag { get; init; }

    /// <summary>Where a listing goes on.</summary>
    public string? Link { get; init; }

    /// <summary>The length of all of it, wherever the body begins.</summary>
    public long? Length { get; init; }

    /// <summary>Where the body begins: 0 when the upstream ignored the range.</summary>
    public long Offset { get; init; }

    /// <summary>
    /// The content from <see cref="Offset"/> on. Reading throws <see cref="IOException"/> when it ends early, is longer than announced, or
    /// stands still for too long.
    /// </summary>
    public Stream Body { get; init; } = Stream.Null;

    public void Dispose() => Body.Dispose();

    public static UpstreamAnswer Of(UpstreamException exception) => new()
    {
        Outcome = exception.Outcome,
        Status = exception.Status,
        RetryAfter = exception.RetryAfter,
        Why = exception.Message,
    };
}
