using System.Net;

namespace Registry.Upstreams;

/// <summary>One request with one account: what the upstream wants to be shown, where it redirects to, and what it answers in the end.</summary>
internal sealed class UpstreamExchange(UpstreamOptions options, UpstreamAuthority authority, UpstreamRedirects redirects, TimeProvider time)
{
    private readonly Bandwidth bandwidth = new(options.Bandwidth, time);

    /// <summary>Runs it.</summary>
    /// <param name="request">What is asked.</param>
    /// <param name="account">As whom.</param>
    /// <param name="slot">The connection, which a body gives back.</param>
    /// <param name="cancellationToken">Until when.</param>
    /// <exception cref="UpstreamException">It has come to nothing.</exception>
    public async Task<UpstreamAnswer> RunAsync(UpstreamRequest request, UpstreamAccount account, IDisposable slot, CancellationToken cancellationToken)
    {
        var (response, isForeign) = await AskAsync(request, account, cancellationToken);
        UpstreamAnswer? answer = null;
        try
        {
            return answer = response.StatusCode switch
            {
                HttpStatusCode.OK or HttpStatusCode.PartialContent => await UpstreamResponse.AnswerAsync(request, response, OpenAsync),
                HttpStatusCode.NotModified when request.IfNoneMatch is not null => new() { Outcome = UpstreamOutcome.NotModified, Status = response.StatusCode },
                _ => throw UpstreamResponse.Failure(response, isForeign, time),
            };
        }
        finally
        {
            if (answer?.Body is not UpstreamBody)
            {
                response.Dispose();
            }
        }

        async Task<Stream> OpenAsync(long? length) =>
            new UpstreamBody(response, await response.Content.ReadAsStreamAsync(cancellationToken), length, options.IdleTimeout, bandwidth, slot);
    }

    // Once more when the upstream has said what it wants, or that what it was shown is no longer good.
    private async Task<(HttpResponseMessage Response, bool IsForeign)> AskAsync(UpstreamRequest request, UpstreamAccount account, CancellationToken cancellationToken)
    {
        for (var isFirst = true; ; isFirst = false)
        {
            var grant = await authority.GrantAsync(account.Credential, request.Repository, cancellationToken);
            var (response, isForeign) = await redirects.FollowAsync(request, grant, cancellationToken);
            if (!isForeign && RateLimit.Of(response.Headers) is { } limit)
            {
                account.Note(limit);
            }

            if (isForeign || response.StatusCode is not (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden))
            {
                return (response, isForeign);
            }

            using (response)
            {
                if (response.StatusCode is HttpStatusCode.Forbidden || !isFirst || !await authority.LearnAsync(response, grant, cancellationToken))
                {
                    authority.CheckRecognized(response, account.Credential);
                    throw UpstreamResponse.Failure(response, isForeign, time);
                }
            }
        }
    }
}
