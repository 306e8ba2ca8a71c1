using System.Net;

namespace Registry.Auth.Tokens.Trusted;

/// <summary>Where the keys of an external token server are: a file, or an http address.</summary>
internal sealed class KeySource : IDisposable
{
    private const int MaxLength = 256 << 10;
    private const int MaxRedirects = 3;

    private readonly string path;
    private readonly Uri? address;
    private readonly HttpClient? client;

    /// <param name="location">The path or address.</param>
    public KeySource(string location)
    {
        path = location;
        if (Uri.TryCreate(location, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https")
        {
            address = uri;
            client = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.FromMinutes(2) })
            {
                Timeout = TimeSpan.FromSeconds(5),
                MaxResponseContentBufferSize = MaxLength,
            };
        }
    }

    /// <summary>Whether it is here, so that it can be expected to be there at the start.</summary>
    public bool IsFile => address is null;

    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    /// <exception cref="HttpRequestException">The server does not answer, or not with what was asked for.</exception>
    /// <exception cref="OperationCanceledException">The server takes too long.</exception>
    public async Task<string> ReadAsync(CancellationToken cancellationToken)
    {
        if (address is not null)
        {
            return await FetchAsync(address, cancellationToken);
        }

        return new FileInfo(path) is { Exists: true, Length: > MaxLength }
            ? throw new IOException("it is too large")
            : await File.ReadAllTextAsync(path, cancellationToken);
    }

    public void Dispose() => client?.Dispose();

    private async Task<string> FetchAsync(Uri uri, CancellationToken cancellationToken)
    {
        for (var redirects = 0; ; redirects++)
        {
            using var response = await client!.GetAsync(uri, cancellationToken);
            if (response.StatusCode == HttpStatusCode.OK)
            {
                return await response.Content.ReadAsStringAsync(cancellationToken);
            }

            // Keys are the server's own: nobody else may be made to vouch for it.
            if ((int)response.StatusCode is not (301 or 302 or 303 or 307 or 308) || redirects == MaxRedirects
                || response.Headers.Location is not { } location || new Uri(uri, location) is var next
                && Uri.Compare(uri, next, UriComponents.SchemeAndServer, UriFormat.SafeUnescaped, StringComparison.OrdinalIgnoreCase) != 0)
            {
                throw new HttpRequestException($"the answer was {(int)response.StatusCode}");
            }

            uri = next;
        }
    }
}
