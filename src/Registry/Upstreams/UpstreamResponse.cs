using System.Net;
using Registry.Protocol;
using Registry.Storage.Oci;

namespace Registry.Upstreams;

/// <summary>Reads what an upstream's last response means.</summary>
internal static class UpstreamResponse
{
    /// <summary>The answer that a success is; everything else is thrown.</summary>
    /// <param name="request">What was asked.</param>
    /// <param name="response">The response.</param>
    /// <param name="open">Makes the body, of so many bytes as far as that is known.</param>
    /// <exception cref="UpstreamException">It is none.</exception>
    public static async Task<UpstreamAnswer> AnswerAsync(UpstreamRequest request, HttpResponseMessage response, Func<long?, Task<Stream>> open)
    {
        var (offset, length) = Extent(request, response);
        return new UpstreamAnswer
        {
            Outcome = UpstreamOutcome.Found,
            Status = response.StatusCode,
            Digest = DigestOf(response),
            MediaType = response.Content.Headers.ContentType?.MediaType,
            ETag = response.Headers.ETag?.ToString(),
            Link = response.Headers.TryGetValues("Link", out var links) ? string.Join(", ", links) : null,
            Length = length,
            Offset = offset,
            Body = request.Method == HttpMethod.Head ? Stream.Null : await open(length - offset),
        };
    }

    /// <summary>What a response that is no success means.</summary>
    public static UpstreamException Failure(HttpResponseMessage response, bool isForeign, TimeProvider time)
    {
        var status = response.StatusCode;
        var retryAfter = RetryAfter.Of(response, time);
        return status switch
        {
            HttpStatusCode.NotFound or HttpStatusCode.Gone or HttpStatusCode.UnavailableForLegalReasons => Missing("The upstream does not have it."),

            // Docker Hub says so of everything that is not there. Elsewhere it is about a signature that has expired.
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden when !isForeign => Missing("The upstream does not have it, or not for the registry."),
            HttpStatusCode.TooManyRequests => new("The upstream's rate limit is reached.", UpstreamOutcome.Limited) { Status = status, RetryAfter = retryAfter },
            _ => new($"The upstream answered {(int)status}.") { Status = status, RetryAfter = retryAfter },
        };

        UpstreamException Missing(string why) => new(why, UpstreamOutcome.Missing) { Status = status };
    }

    private static (long Offset, long? Length) Extent(UpstreamRequest request, HttpResponseMessage response)
    {
        var headers = response.Content.Headers;
        return response.StatusCode is not HttpStatusCode.PartialContent ? (0, headers.ContentLength)
            : headers.ContentRange is { Unit: "bytes", From: { } first } range && first == request.From ? (first, range.Length)
            : throw new UpstreamException("The upstream answered with another range than the one asked for.") { Status = response.StatusCode };
    }

    private static Digest? DigestOf(HttpResponseMessage response) =>
        response.Headers.TryGetValues(OciHeaders.ContentDigest, out var values) && Digest.TryParse(values.First(), out var digest) is DigestSyntax.Valid ? digest : null;
}
