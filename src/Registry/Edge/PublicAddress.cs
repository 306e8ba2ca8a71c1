using System.Net;
using Registry.Configuration;

namespace Registry.Edge;

/// <summary>The address under which a client knows this registry, for what has to be absolute: realm and issuer.</summary>
internal sealed class PublicAddress(RegistryOptions options)
{
    private readonly string? configured = options.Edge.PublicUrl?.GetLeftPart(UriPartial.Authority);

    /// <summary>Scheme and authority, without a slash at the end: PublicUrl, or else what the request was sent to.</summary>
    public string Of(HttpContext http)
    {
        if (configured is not null)
        {
            return configured;
        }

        var (request, connection) = (http.Request, http.Connection);
        var host = request.Host.HasValue ? request.Host.Value
            : connection.LocalIpAddress is { } address ? new IPEndPoint(address, connection.LocalPort).ToString()
            : "localhost";
        return $"{request.Scheme}://{host}";
    }
}
