using System.Net;

namespace Registry.Upstreams;

/// <summary>A request to an upstream has come to nothing. The message is one sentence that holds no secret and no address.</summary>
internal sealed class UpstreamException(string why, UpstreamOutcome outcome = UpstreamOutcome.Unavailable) : Exception(why)
{
    public UpstreamOutcome Outcome { get; } = outcome;

    public HttpStatusCode? Status { get; init; }

    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Whether another credential may fare better.</summary>
    public bool RefusesCredential { get; init; }
}
