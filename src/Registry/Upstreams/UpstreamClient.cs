using System.Net;
using System.Net.Http.Headers;
using Registry.Protocol;
using Registry.Storage.Oci;

namespace Registry.Upstreams;

/// <summary>Asks one upstream registry. Whatever goes wrong is an answer; only the caller's own cancellation throws.</summary>
internal sealed class UpstreamClient : IDisposable
{
    private const int MaxRedirects = 5;

    private readonly UpstreamOptions options;
    private readonly TimeProvider time;
    private readonly UpstreamLog log;
    private readonly CircuitBreaker breaker;
    private readonly UpstreamConnection connection;
    private readonly UpstreamSlots slots;
    private readonly Bandwidth bandwidth;

    public UpstreamClient(UpstreamOptions options, TimeProvider time, ILogger<UpstreamClient> logger)
    {
        (this.options, this.time) = (options, time);
        log = new UpstreamLog(options.Alias, time, logger);
        breaker = new CircuitBreaker(time);
        connection = new UpstreamConnection(options, breaker, log);
        slots = new UpstreamSlots(options.Connections);
        bandwidth = new Bandwidth(options.Bandwidth, time);
    }

    /// <summary>Asks, and returns when the headers of the answer are there.</summary>
    public async Task<UpstreamAnswer> SendAsync(UpstreamRequest request, CancellationToken cancellationToken)
    {
        try
        {
            if (options.Offline)
            {
                throw new UpstreamException("The upstream is not asked: it is set to be offline.");
            }

            if (!breaker.TryPass())
            {
                throw new UpstreamException("The upstream is not asked: it has failed several times in a row.") { RetryAfter = CircuitBreaker.Pause };
            }

            return await ExchangeAsync(request, cancellationToken);
        }
        catch (UpstreamException e)
        {
            log.Answered(e.Message);
            return UpstreamAnswer.Of(e);
        }
    }

    public void Dispose()
    {
        connection.Dispose();
        slots.Dispose();
    }

    private async Task<UpstreamAnswer> ExchangeAsync(UpstreamRequest request, CancellationToken cancellationToken)
    {
        var slot = await slots.TakeAsync(request.IsBlob, cancellationToken);
        HttpResponseMessage? response = null;
        try
        {
            response = await FollowAsync(request, cancellationToken);
            var answer = await AnswerAsync(request, response, slot, cancellationToken);
            if (answer.Body is UpstreamBody)
            {
                (response, slot) = (null, null);
            }

            return answer;
        }
        finally
        {
            response?.Dispose();
            slot?.Dispose();
        }
    }

    // By hand: a redirect must not lead anywhere by plain http, and nothing of it is kept or logged, for it may be signed.
    private async Task<HttpResponseMessage> FollowAsync(UpstreamRequest request, CancellationToken cancellationToken)
    {
        var uri = new Uri($"{options.Address.GetLeftPart(UriPartial.Path).TrimEnd('/')}/v2/{request.Repository}/{request.Path}");
        for (var redirects = 0; ; redirects++)
        {
            using var message = CreateMessage(request, uri);
            var response = await connection.SendAsync(message, cancellationToken);
            if ((int)response.StatusCode is not (301 or 302 or 303 or 307 or 308))
            {
                return response;
            }

            using (response)
            {
                uri = redirects < MaxRedirects ? Next(uri, response) : throw new UpstreamException("The upstream redirected too often.");
            }
        }
    }

    private static Uri Next(Uri uri, HttpResponseMessage response) =>
        response.Headers.Location is { } location && Uri.TryCreate(uri, location, out var next)
        && next is { Scheme: "http" or "https", Host.Length: > 0, UserInfo: "" } && (next.Scheme == "https" || uri.Scheme == "http")
            ? next
            : throw new UpstreamException("The upstream redirected to where nobody should go.");

    private static HttpRequestMessage CreateMessage(UpstreamRequest request, Uri uri)
    {
        var message = new HttpRequestMessage(request.Method, uri);
        message.Headers.TryAddWithoutValidation("Accept", request.Accept);
        if (request.IfNoneMatch is { } validator)
        {
            message.Headers.TryAddWithoutValidation("If-None-Match", validator);
        }

        if (request.From is { } from)
        {
            message.Headers.Range = new RangeHeaderValue(from, null);
        }

        return message;
    }

    private async Task<UpstreamAnswer> AnswerAsync(UpstreamRequest request, HttpResponseMessage response, IDisposable slot, CancellationToken cancellationToken)
    {
        switch (response.StatusCode)
        {
            case HttpStatusCode.OK or HttpStatusCode.PartialContent:
                return await FoundAsync(request, response, slot, cancellationToken);
            case HttpStatusCode.NotModified when request.IfNoneMatch is not null:
                return new UpstreamAnswer { Outcome = UpstreamOutcome.NotModified, Status = response.StatusCode };
            case HttpStatusCode.NotFound or HttpStatusCode.Gone or HttpStatusCode.UnavailableForLegalReasons:
                return new UpstreamAnswer { Outcome = UpstreamOutcome.Missing, Status = response.StatusCode, Why = "The upstream does not have it." };
            case HttpStatusCode.TooManyRequests:
                throw new UpstreamException("The upstream's rate limit is reached.", UpstreamOutcome.Limited) { Status = response.StatusCode, RetryAfter = RetryAfter.Of(response, time) };
            default:
                throw new UpstreamException($"The upstream answered {(int)response.StatusCode}.") { Status = response.StatusCode, RetryAfter = RetryAfter.Of(response, time) };
        }
    }

    private async Task<UpstreamAnswer> FoundAsync(UpstreamRequest request, HttpResponseMessage response, IDisposable slot, CancellationToken cancellationToken)
    {
        var headers = response.Content.Headers;
        var (offset, length) = (0L, headers.ContentLength);
        if (response.StatusCode is HttpStatusCode.PartialContent)
        {
            var range = headers.ContentRange;
            (offset, length) = range is { Unit: "bytes", From: { } first } && first == request.From
                ? (first, range.Length)
                : throw new UpstreamException("The upstream answered with another range than the one asked for.") { Status = response.StatusCode };
        }

        return new UpstreamAnswer
        {
            Outcome = UpstreamOutcome.Found,
            Status = response.StatusCode,
            Digest = DigestOf(response),
            MediaType = headers.ContentType?.MediaType,
            ETag = response.Headers.ETag?.ToString(),
            Link = response.Headers.TryGetValues("Link", out var links) ? string.Join(", ", links) : null,
            Length = length,
            Offset = offset,
            Body = request.Method == HttpMethod.Head
                ? Stream.Null
                : new UpstreamBody(response, await response.Content.ReadAsStreamAsync(cancellationToken), length - offset, options.IdleTimeout, bandwidth, slot),
        };
    }

    private static Digest? DigestOf(HttpResponseMessage response) =>
        response.Headers.TryGetValues(OciHeaders.ContentDigest, out var values) && Digest.TryParse(values.First(), out var digest) is DigestSyntax.Valid ? digest : null;
}
