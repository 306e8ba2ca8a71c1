using System.Net.Http.Headers;

namespace Registry.Upstreams;

/// <summary>
/// Follows an upstream's redirects by hand: never from https to http, only so many, and without the credentials from the first other
/// origin on, even if it leads back. Nothing of such an address is kept or logged, for it may be signed.
/// </summary>
internal sealed class UpstreamRedirects(UpstreamOptions options, UpstreamConnection connection)
{
    private const int Most = 5;

    /// <summary>Sends a request until it is answered.</summary>
    /// <returns>The answer, and whether it is that of another origin than the upstream's.</returns>
    /// <exception cref="UpstreamException">There is none.</exception>
    public async Task<(HttpResponseMessage Response, bool IsForeign)> FollowAsync(UpstreamRequest request, UpstreamGrant? grant, CancellationToken cancellationToken)
    {
        var uri = new Uri(options.Root, $"{request.Repository}/{request.Path}");
        var isForeign = false;
        for (var redirects = 0; ; redirects++)
        {
            using var message = CreateMessage(request, uri, isForeign ? null : grant?.Header);
            var response = await connection.SendAsync(message, cancellationToken);
            if ((int)response.StatusCode is not (301 or 302 or 303 or 307 or 308))
            {
                return (response, isForeign);
            }

            using (response)
            {
                uri = redirects < Most ? Next(uri, response) : throw new UpstreamException("The upstream redirected too often.");
                isForeign |= !HasOrigin(uri, options.Address);
            }
        }
    }

    private static Uri Next(Uri uri, HttpResponseMessage response) =>
        response.Headers.Location is { } location && Uri.TryCreate(uri, location, out var next)
        && next is { Scheme: "http" or "https", Host.Length: > 0, UserInfo: "" } && (next.Scheme == "https" || uri.Scheme == "http")
            ? next
            : throw new UpstreamException("The upstream redirected to where nobody should go.");

    private static bool HasOrigin(Uri uri, Uri other) =>
        Uri.Compare(uri, other, UriComponents.SchemeAndServer, UriFormat.SafeUnescaped, StringComparison.OrdinalIgnoreCase) == 0;

    private static HttpRequestMessage CreateMessage(UpstreamRequest request, Uri uri, AuthenticationHeaderValue? authorization)
    {
        var message = new HttpRequestMessage(request.Method, uri);
        message.Headers.Authorization = authorization;
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
}
