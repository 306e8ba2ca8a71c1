using System.Net;
using Microsoft.Extensions.Primitives;
using Registry.Configuration;
using Registry.Connections;

namespace Registry.Edge;

/// <summary>
/// X-Forwarded-For, -Proto and -Host of the proxies in Proxies:Trusted; those of everybody else change nothing (S36: a header is
/// no identity). The framework's own middleware pairs the headers by position, which lets a client's Proto through where proxies
/// append to one header and replace the other, and it takes the headers away, which open access has to see.
/// </summary>
internal sealed class ForwardedHeaders(RequestDelegate next, RegistryOptions options)
{
    /// <summary>A feature of requests that a trusted proxy has passed on.</summary>
    /// <param name="Proxy">The other end of the connection; null where that is a Unix socket.</param>
    internal sealed record Passed(IPAddress? Proxy);

    public Task InvokeAsync(HttpContext http)
    {
        var connection = http.Connection;
        if (connection.RemoteIpAddress is { IsIPv4MappedToIPv6: true } mapped)
        {
            connection.RemoteIpAddress = mapped.MapToIPv4();
        }

        var peer = connection.RemoteIpAddress;
        if (peer is null ? options.Edge.TrustsSockets && !LocalAdministrator.Sent(http) : IsTrusted(peer))
        {
            Apply(http, peer);
        }

        return next(http);
    }

    private void Apply(HttpContext http, IPAddress? proxy)
    {
        var headers = http.Request.Headers;
        if (ClientOf(headers["X-Forwarded-For"]) is { } client)
        {
            (http.Connection.RemoteIpAddress, http.Connection.RemotePort) = (client.Address, client.Port);
            http.Features.Set(new Passed(proxy));
        }

        // The last value is the one that the proxy next to us has written, or let pass.
        if (LastOf(headers["X-Forwarded-Proto"]) is { } scheme
            && (scheme.Equals("https", StringComparison.OrdinalIgnoreCase) || scheme.Equals("http", StringComparison.OrdinalIgnoreCase)))
        {
            http.Request.Scheme = scheme.ToLowerInvariant();
        }

        if (LastOf(headers["X-Forwarded-Host"]) is { } host)
        {
            http.Request.Host = new HostString(host);
        }
    }

    /// <summary>From right to left, the first address that is no proxy of ours. What lies beyond it, anybody can have written.</summary>
    private IPEndPoint? ClientOf(StringValues header)
    {
        IPEndPoint? client = null;
        var entries = Split(header);
        for (var i = entries.Length - 1; i >= 0 && (client is null || IsTrusted(client.Address)); i--)
        {
            if (!IPEndPoint.TryParse(entries[i], out var entry))
            {
                break;
            }

            client = entry.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(entry.Address.MapToIPv4(), entry.Port) : entry;
        }

        return client;
    }

    private bool IsTrusted(IPAddress address)
    {
        var trusted = options.Edge.TrustedProxies;
        for (var i = 0; i < trusted.Count; i++)
        {
            if (trusted[i].Contains(address))
            {
                return true;
            }
        }

        return false;
    }

    private static string? LastOf(StringValues header) => Split(header) is [.., var last] ? last : null;

    private static string[] Split(StringValues header) =>
        header.Count == 0 ? [] : header.ToString().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
